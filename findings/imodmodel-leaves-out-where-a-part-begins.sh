#!/usr/bin/env bash
# imodmodel 0.1.0: imodmodel.read(path)
#
# What it does: 3dmod stores points relative to the part of the volume that was loaded (3dmod -z 100,200 and the like), and says in
# the chunk MINX where that part begins: "to get from an X coordinate in the model to the X pixel coordinate in the full image file,
# one would add (otrans.x - ctrans.x) / cscale.x" (binspec.html). read() gives the points without it: the particles of a model that was
# saved on sections 100 to 200 lie 100 sections too low, inside the tomogram, where nothing looks wrong. Its ImodModel has the chunk
# (model.minx), and nothing that uses it.
#
# What a good guess would be: pixel coordinates of the tomogram, as model2point and PEET have them.
#
# Seen: a point at section 120 of the volume, saved while sections from 100 on were loaded: z = 20
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  imodmodel==0.1.0 pandas==3.1.1 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'EOF'
import struct
from pathlib import Path

import imodmodel

spacing, first = 10.0, 100  # angstrom; the first section that was loaded
header = struct.pack(">128s4iI", b"IMOD-NewModel", 400, 400, 100, 1, 1 << 10 | 1 << 14)
header = header.ljust(208, b"\0") + struct.pack(">fi", 1.0, -9)
thing = b"OBJT" + struct.pack(">64s64xiI", b"", 1, 1 << 9).ljust(176, b"\0")
points = b"CONT" + struct.pack(">iIii3f", 1, 0, 0, 0, 50.5, 60.5, 20.0)
origin, current = (0.0, 0.0, 0.0), (0.0, 0.0, -spacing * first)
image = (1.0,) * 3 + origin + (0.0,) * 3 + (spacing,) * 3 + current + (0.0,) * 3
minx = b"MINX" + struct.pack(">i18f", 72, *image)
Path("part.mod").write_bytes(b"IMODV1.2" + header.ljust(232, b"\0") + thing + points + minx + b"IEOF")
z = imodmodel.read("part.mod")["z"].tolist()
stored = imodmodel.ImodModel.from_file("part.mod").minx
start = (stored.otrans[2] - stored.ctrans[2]) / stored.cscale[2]
print(f"z = {z[0]:g}; by MINX the part begins at section {start:g}, the point is at {z[0] + start:g}")
assert (z, start) == ([20.0], 100.0)
EOF
