#!/usr/bin/env bash
# cylindra 1.2.0: particles of a RELION STAR file as molecules (the plugin "RELION", Load molecules)
#
# What it does: rlnOriginXAngst, Y and Z are added to the coordinate. RELION subtracts them (particle_set.cpp: coordinate minus origin):
# a particle of a refined list lands on the other side of where it was picked, twice its shift from where it is. And rlnCoordinateX, Y, Z,
# which RELION counts from the corner, are taken from the middle: the middle of the tomogram (n / 2 - 1) is added. cylindra writes them
# from the corner itself (Save molecules, centered off), so that what it saves it loads half a tomogram away.
#
# What a good guess would be: coordinate less origin; and what was saved is where it was.
#
# Seen, in nm, z, y, x of a tomogram of 100 voxels of 1 nm:
#   centred x = 100 A, origin x = 30 A: cylindra 59 + 3 = 62; RELION 56
#   molecule at 30 20 10, saved (centered off) and loaded: 79 69 59
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --prefer-binary \
  cylindra==1.2.0 acryo==0.9.1 pandas==3.1.1 numpy==2.4.6 starfile==0.5.13 mrcfile==1.5.4 pyqt6==6.11.0 napari==0.8.0
cd "$folder"
HOME="$folder" QT_QPA_PLATFORM=offscreen "$folder/venv/bin/python" -W ignore - <<'EOF' 2>/dev/null
from types import SimpleNamespace

import numpy as np
import pandas as pd
import starfile
from acryo import Molecules
from cylindra_builtins.relion import io as relion

tomogram = SimpleNamespace(image=np.empty((100, 100, 100), np.int8), scale=1.0, origin=SimpleNamespace(x=0.0, y=0.0, z=0.0))


def loaded(table: pd.DataFrame) -> np.ndarray:
    """z, y, x in nm, by the function behind Load molecules."""
    starfile.write({"particles": table}, "particles.star", overwrite=True)
    return next(iter(relion._read_star("particles.star", tomogram).values())).pos[0]


centred = {f"rlnCenteredCoordinate{axis}Angst": [value] for axis, value in zip("XYZ", (100.0, 200.0, 300.0))}
origin = {f"rlnOrigin{axis}Angst": [value] for axis, value in zip("XYZ", (30.0, 0.0, 0.0))}
names = {"rlnTomoName": ["TS_1"]}
middle = loaded(pd.DataFrame(names | centred))
shifted = loaded(pd.DataFrame(names | centred | origin))
print(
    f"centred x = 100 A, origin x = 30 A: cylindra {middle[2]:g} + {shifted[2] - middle[2]:g} = {shifted[2]:g}; "
    f"RELION {middle[2] - 3:g}"
)
assert (middle[2], shifted[2]) == (59.0, 62.0)

molecules = Molecules(np.array([[30.0, 20.0, 10.0]]))
table = relion._mole_to_star_df([molecules], tomogram, "TS_1", centered=False)
again = loaded(table)
print("molecule at 30 20 10, saved (centered off) and loaded:", *(f"{value:g}" for value in again))
assert list(again) == [79.0, 69.0, 59.0]
EOF
