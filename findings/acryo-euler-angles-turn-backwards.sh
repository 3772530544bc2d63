#!/usr/bin/env bash
# acryo 0.9.1: Molecules.from_euler(seq="ZXZ", order="xyz"), .rotvec(), .quaternion() and the zvec, yvec, xvec of its CSV files
#
# What it does: acryo keeps rotations in z, y, x. Exchanging x and z makes a left-handed frame of a right-handed one, and a rotation by
# its vector (or quaternion) then turns the other way. Intrinsic Z X Z angles given in "xyz" give molecules whose axes are those of
# scipy's rotation by the same angles INVERTED, and the columns zvec, yvec, xvec of to_csv() are, read as a rotation vector in x, y, z,
# the inverse of where the molecule's axes point. acryo reads its own files rightly. RELION's rlnAngleRot, Tilt, Psi ("ZYZ") come out
# right, since these are an inverse themselves; Dynamo's, PyTom's and AV3's angles do not.
#
# What a good guess would be: order="xyz" says what scipy's Rotation.from_euler("ZXZ", ...) says, and (xvec, yvec, zvec) is the rotation
# vector of the same rotation.
#
# Seen, axis z of a molecule turned by intrinsic Z 30, X 40, Z 50 degrees, as x, y, z:
#   scipy 0.321 -0.557 0.766; acryo 0.492 0.413 0.766, which is scipy's inverse
#   rotation by (xvec, yvec, zvec) of the CSV 0.321 -0.557 0.766; acryo reads the file and says 0.492 0.413 0.766
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  acryo==0.9.1 numpy==2.4.6 scipy==1.17.1 polars==2.1.0
cd "$folder"
"$folder/venv/bin/python" - <<'EOF'
import csv

import numpy as np
from acryo import Molecules
from scipy.spatial.transform import Rotation

angles = [30.0, 40.0, 50.0]
expected = Rotation.from_euler("ZXZ", angles, degrees=True)
molecules = Molecules.from_euler(np.zeros((1, 3)), np.array([angles]), "ZXZ", degrees=True, order="xyz")
axis = molecules.z[0, ::-1]  # acryo says z, y, x
show = lambda v: " ".join(f"{c:.3f}" for c in v)
print(f"scipy {show(expected.apply([0, 0, 1]))}; acryo {show(axis)}, which is scipy's inverse")
assert np.allclose(axis, expected.inv().apply([0, 0, 1]), atol=1e-5)
assert not np.allclose(axis, expected.apply([0, 0, 1]), atol=0.1)

molecules.to_csv("molecules.csv")
with open("molecules.csv", newline="") as file:
    row = next(csv.DictReader(file))
vector = Rotation.from_rotvec([float(row[label]) for label in ("xvec", "yvec", "zvec")])
again = Molecules.from_csv("molecules.csv").z[0, ::-1]
print(
    f"rotation by (xvec, yvec, zvec) of the CSV {show(vector.apply([0, 0, 1]))}; "
    f"acryo reads the file and says {show(again)}"
)
assert np.allclose(again, axis, atol=1e-3)
assert np.allclose(vector.inv().apply([0, 0, 1]), axis, atol=1e-3)
EOF
