#!/usr/bin/env bash
# cryoet-deepfinder 0.2.1: deepfinder.utils.objl.scale_coord, for lists of objects of a binned tomogram
#
# What it does: each coordinate is rounded to a whole voxel (halves to the even one) and then multiplied. Cluster centres, which are means of
# voxels and have fractions, move by up to half a binned voxel: 2 voxels of the tomogram at a factor of 4. The list looks as if it
# were exact, as all its numbers are multiples of the factor. Scaling by 1 rounds too, and down and up again is not where it was.
#
# What a good guess would be: the coordinate times the factor, or that rounded.
#
# Seen:
#   z, y, x = 10.5, 20.49, 31.5 times 4: 40, 80, 128; expected 42, 81.96, 126
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
# without the packages that it asks for: this module needs these three only
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: --no-deps \
  cryoet-deepfinder==0.2.1 numpy==2.4.6 lxml==6.1.3 openpyxl==3.1.5 et-xmlfile==2.0.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF'
from deepfinder.utils import objl

objects = objl.add_obj([], label=1, coord=(10.5, 20.49, 31.5))
scaled = objl.scale_coord(objects, 4)[0]
print(f"z, y, x = 10.5, 20.49, 31.5 times 4: {scaled['z']}, {scaled['y']}, {scaled['x']}; expected 42, 81.96, 126")
assert (scaled["z"], scaled["y"], scaled["x"]) == (40, 80, 128)
EOF
