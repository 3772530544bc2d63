#!/usr/bin/env bash
# copick 1.31.0: read_em_motivelist, what `copick add picks-em` reads a TOM / AV3 motive list with
#
# What it does: it takes row 4 of the list for the score and leaves rows 11 to 13 out. In these lists (TOM, AV3, Artiatomi's wiki
# "Motivelist", cryoCAT) row 1 is the correlation, row 4 the number of the particle, and 11 to 13 are the shift that alignment has
# found, which is part of the position. So picks filtered by score are the last ones of the list, and each particle lies where it was cut
# and not where it was aligned. Written lists have the score in row 4 and the particle's number in row 7, the tomogram's of subTOM.
#
# What a good guess would be: score = row 1, position = rows 8 to 10 + rows 11 to 13 (as copick does with Dynamo's shifts).
#
# Seen: two particles with correlations 0.9 and 0.2, numbers 277 and 278, the first shifted by (2.5, -1.5, 3):
#   scores [277.0, 278.0], positions [[99.0, 99.0, 99.0], [49.0, 49.0, 49.0]] (the first is at 101.5, 97.5, 102)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --prefer-binary \
  copick==1.31.0 emfile==0.3.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'EOF'
import struct
from pathlib import Path

import numpy as np
from copick.util.formats import read_em_motivelist

rows = np.zeros((2, 20), "<f4")
rows[:, 0] = 0.9, 0.2  # correlation
rows[:, 3] = 277, 278  # number of the particle
rows[:, 4] = 1  # tomogram
rows[:, 7:10] = [[100] * 3, [50] * 3]
rows[0, 10:13] = 2.5, -1.5, 3  # shift
header = struct.pack("<4B3i", 6, 0, 0, 5, 20, 2, 1).ljust(512, b"\0")  # PC, float32, 20 x 2 x 1
Path("list.em").write_bytes(header + rows.tobytes())
positions, _, scores = read_em_motivelist("list.em")
print("scores", scores.tolist(), "positions", positions.tolist())
assert scores.tolist() == [277, 278]
assert positions.tolist() == [[99] * 3, [49] * 3]
EOF
