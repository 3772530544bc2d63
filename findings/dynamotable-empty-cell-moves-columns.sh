#!/usr/bin/env bash
# dynamotable 0.3.0 (pandas 3.1.1): dynamotable.write(df, path), dynamotable.read(path)
#
# What it does: an empty cell (NaN) is written as nothing between two spaces, and read again with any white space as one gap. So
# all columns after it move one to the left in that row: x becomes y, y becomes z, z becomes 0, and the tomogram's number is lost. No
# warning, and the other rows are right. A score is NaN after a join, or where a particle was not aligned.
#
# What a good guess would be: nan (MATLAB and Dynamo read it) or 0 in that cell, or an error.
#
# Seen: a table of three particles, the second without a cc:
#   written: tomo 1, x 20.5, y 21.5, z 22.5; read again: tomo 0, x 21.5, y 22.5, z 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  dynamotable==0.3.0 pandas==3.1.1 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'EOF'
import dynamotable
import numpy as np
import pandas as pd

columns = ["tomo", "x", "y", "z"]
table = pd.DataFrame({
    "tag": [1, 2, 3], "cc": [0.5, np.nan, 0.7], "tomo": [1, 1, 2],
    "x": [10.5, 20.5, 30.5], "y": [11.5, 21.5, 31.5], "z": [12.5, 22.5, 32.5],
})
dynamotable.write(table, "t.tbl")
back = dynamotable.read("t.tbl")
for row in range(3):
    print("written:", table.loc[row, columns].tolist(), "read again:", back.loc[row, columns].tolist())
assert back.loc[1, columns].tolist() == [0, 21.5, 22.5, 0]
for row in (0, 2):
    assert back.loc[row, columns].tolist() == table.loc[row, columns].tolist()
EOF
