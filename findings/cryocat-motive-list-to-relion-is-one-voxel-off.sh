#!/usr/bin/env bash
# cryoCAT 0.7.1 (pandas 2.3.3): cryomotl.emmotl2relion(list, relion_version=3.1), and DynamoMotl.convert_to_dynamo_motl
#
# What it does: the coordinates of an EM motive list are written as rlnCoordinateX, Y, Z as they are. A motive list counts voxels from 1:
# subTOM and novaSTA cut the box of a particle at x so that its middle is the x-th voxel (novaSTA's extractSubtomos.cpp:
# "startPos = (round(coord[i] - (subtomoSize/2))) - 1"), ArtiaX and copick take 1 off. RELION counts from 0. So every particle lies one
# voxel of the list's tomogram further along x, y and z: at bin 4 of 1.35 A that is 9 A in space. Into Dynamo's table, where the middle of
# the first voxel is 0.5, they go as they are as well: half a voxel off.
#
# What a good guess would be: 1 less for RELION, 0.5 less for Dynamo.
#
# Seen: the first voxel of a tomogram (1, 1, 1): RELION 1, 1, 1 (the second voxel of each axis), Dynamo 1, 1, 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  cryocat==0.7.1 pandas==2.3.3 numpy==2.4.6 emfile==0.3.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF'
import struct
from pathlib import Path

import numpy as np
from cryocat import cryomotl

row = np.zeros((1, 20), "<f4")
row[0, [0, 3, 4]] = 0.5, 1, 1  # correlation, number, tomogram
row[0, 7:10] = 1  # the first voxel
Path("one.em").write_bytes(struct.pack("<4B3i", 6, 0, 0, 5, 20, 1, 1).ljust(512, b"\0") + row.tobytes())
cryomotl.emmotl2relion("one.em", 3.1, "one.star", load_kwargs={"pixel_size": 10.0})
lines = Path("one.star").read_text().split("data_particles")[1].splitlines()
labels = [line.split()[0] for line in lines if line.startswith("_")]
values = dict(zip(labels, next(line for line in lines if line[:1].isdigit()).split()))
relion = [float(values[f"_rlnCoordinate{axis}"]) for axis in "XYZ"]
dynamo = cryomotl.DynamoMotl.convert_to_dynamo_motl(cryomotl.EmMotl("one.em").df).iloc[0, 23:26].tolist()
print("the first voxel of a motive list (1, 1, 1): RELION", relion, "Dynamo", dynamo)
assert relion == [1, 1, 1]
assert dynamo == [1, 1, 1]
EOF
