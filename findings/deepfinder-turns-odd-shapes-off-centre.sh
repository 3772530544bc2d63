#!/usr/bin/env bash
# cryoet-deepfinder 0.2.1: deepfinder.utils.common.rotate_array, with which training targets are made of shapes
#
# What it does: a shape of odd side n is turned about n / 2, which lies between voxels; its centre voxel n // 2, which is put on the
# particle (generate_with_shapes), moves by up to a voxel along two axes, the more the further it is turned: targets of odd references
# lie up to a voxel and a half from their particles, each in another direction. Even sides are turned about voxel n // 2 and stay.
#
# What a good guess would be: the centre voxel stays where it is, for odd sides most of all.
#
# Seen, centre voxel (z, y, x) after a turn by phi = 180:
#   side 32: 16 16 16 -> 16 16 16
#   side 33: 16 16 16 -> 16 17 17
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  numpy==2.4.6 scipy==1.17.1 h5py==3.16.0 mrcfile==1.5.4 scikit-image==0.26.0 matplotlib==3.11.2 pillow==13.0.0 lxml==6.1.3 openpyxl==3.1.5
# last and without what it asks for: this module does not use TensorFlow
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: --no-deps cryoet-deepfinder==0.2.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF'
import numpy as np
from deepfinder.utils.common import rotate_array

for side, expected in ((32, [16, 16, 16]), (33, [16, 17, 17])):
    shape = np.zeros((side,) * 3)
    shape[(side // 2,) * 3] = 1
    found = np.argwhere(rotate_array(shape, (180, 0, 0)) > 0.5)[0].tolist()
    print(f"side {side}: {' '.join([str(side // 2)] * 3)} -> {' '.join(map(str, found))}")
    assert found == expected
EOF
