#!/usr/bin/env bash
# mrcfile 1.5.4: set_data, set_image_stack and set_volume
#
# What it does: the cell stays as it was in angstrom, and the voxel size is the cell over the number of voxels. A tomogram of 50 sections of
# 10 A that is cut to its middle 25 (mrc.set_data(mrc.data[10:35])) has voxels of 10 x 10 x 20 A afterwards: every coordinate that is
# converted by it is twice as far in z. set_image_stack() makes the z voxel 50 times as large, and set_volume() after
# voxel_size = 10 in between leaves one of 0.2 A. No warning; validate() finds nothing.
#
# What a good guess would be: the voxel size stays (the voxels are the same), and the cell follows.
#
# Seen:
#   cut to 25 of 50 sections: voxel size x, y, z 10.0, 10.0, 20.0, valid: True
#   as a stack, voxel_size = 10, as a volume again: voxel size x, y, z 10.0, 10.0, 0.2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  numpy==2.4.6 mrcfile==1.5.4
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF'
import io

import mrcfile
import numpy as np

data = np.random.default_rng(0).normal(size=(50, 60, 70)).astype(np.float32)


def size(mrc):
    return tuple(round(float(mrc.voxel_size[axis]), 3) for axis in "xyz")


with mrcfile.new("t.mrc", data=data) as mrc:
    mrc.voxel_size = 10.0
    assert size(mrc) == (10.0, 10.0, 10.0)
with mrcfile.open("t.mrc", "r+") as mrc:
    mrc.set_data(mrc.data[10:35].copy())
    found = size(mrc)
said = io.StringIO()
valid = mrcfile.validate("t.mrc", print_file=said)
print(f"cut to 25 of 50 sections: voxel size x, y, z {', '.join(map(str, found))}, valid: {valid}")
assert found == (10.0, 10.0, 20.0) and valid, said.getvalue()

with mrcfile.new("s.mrc", data=data) as mrc:
    mrc.set_image_stack()
    mrc.voxel_size = 10.0
    mrc.set_volume()
    found = size(mrc)
print(f"as a stack, voxel_size = 10, as a volume again: voxel size x, y, z {', '.join(map(str, found))}")
assert found == (10.0, 10.0, 0.2)
EOF
