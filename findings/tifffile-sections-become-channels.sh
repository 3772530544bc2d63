#!/usr/bin/env bash
# tifffile 2026.3.3: imwrite(..., imagej=True), imwrite(..., ome=True)
#
# What it does: a volume z, y, x that is written without metadata={"axes": "ZYX"} is a file of channels: 50 sections become 50 channels of one
# section, in ImageJ's way and in OME's. ImageJ's z spacing, given in the same call, stands in the file of a stack that has no z. A volume whose
# last side is 3 or 4 has x as its samples (colours) in OME.
#
# What a good guess would be: the images of a stack are sections, as ImageJ itself opens any stack that does not say.
#
# Seen:
#   imagej: axes CYX, images=50, channels=50, slices none, spacing 10.0
#   ome: axes CYX, SizeC 50, SizeZ 1
#   with axes ZYX: imagej ZYX, ome ZYX
#   ome, shape (50, 60, 4): axes YXS
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  numpy==2.4.6 tifffile==2026.3.3
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF'
import re

import numpy as np
import tifffile

volume = np.zeros((50, 60, 70), np.float32)


def axes(file, **options):
    tifffile.imwrite(file, options.pop("data", volume), **options)
    with tifffile.TiffFile(file) as tif:
        return tif.series[0].axes, tif.imagej_metadata or {}, tif.ome_metadata or ""


found, about, _ = axes("i.tif", imagej=True, metadata={"spacing": 10.0, "unit": "nm"})
print(
    f"imagej: axes {found}, images={about['images']}, channels={about['channels']}, slices {about.get('slices', 'none')}, "
    f"spacing {about['spacing']}"
)
assert found == "CYX" and about["channels"] == 50 and "slices" not in about and about["spacing"] == 10.0
found, _, xml = axes("o.tif", ome=True)
sizes = dict(re.findall(r'Size([CZ])="(\d+)"', xml))
print(f"ome: axes {found}, SizeC {sizes['C']}, SizeZ {sizes['Z']}")
assert found == "CYX" and sizes == {"C": "50", "Z": "1"}
told = {"axes": "ZYX"}
imagej, ome = axes("j.tif", imagej=True, metadata=told)[0], axes("p.tif", ome=True, metadata=told)[0]
print(f"with axes ZYX: imagej {imagej}, ome {ome}")
assert imagej == ome == "ZYX"
found = axes("q.tif", ome=True, data=np.zeros((50, 60, 4), np.float32))[0]
print(f"ome, shape (50, 60, 4): axes {found}")
assert found == "YXS"
EOF
