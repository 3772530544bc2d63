#!/usr/bin/env bash
# dynamotable 0.3.0 (pandas 3.1.1): dynamotable.read("t.tbl", "t.doc")
#
# What it does: the table map (number of a tomogram, its file) is merged into the table with an inner join: the particles of a tomogram
# that the map does not list are left out, without a word. Given the map of half of the tomograms, as one has after reconstructing
# some of them anew, dynamotable.write makes a table of half of the particles.
#
# What a good guess would be: all rows, without a file where the map has none; or an error.
#
# Seen: 4 particles of tomograms 1, 1, 2, 3 and a map of 1 and 2: 3 rows
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  dynamotable==0.3.0 pandas==3.1.1 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" -W error - <<'EOF'
from pathlib import Path

import dynamotable

row = "{} 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 {} 0 1 0 10.5 11.5 12.5 0 0 0 0 0 0 0 0 0\n"
Path("t.tbl").write_text("".join(row.format(tag, tomo) for tag, tomo in ((1, 1), (2, 1), (3, 2), (4, 3))))
Path("t.doc").write_text("1 TS_1.rec\n2 TS_2.rec\n")
alone, mapped = dynamotable.read("t.tbl"), dynamotable.read("t.tbl", "t.doc")
print(f"{len(alone)} particles of tomograms {alone['tomo'].tolist()}; with a map of 1 and 2: {len(mapped)} rows, tags {mapped['tag'].tolist()}")
assert (len(alone), mapped["tag"].tolist()) == (4, [1, 2, 3])
EOF
