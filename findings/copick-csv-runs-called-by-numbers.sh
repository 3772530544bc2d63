#!/usr/bin/env bash
# copick 1.31.0: its own CSV of picks, where the runs are called 001, 002, ... or 01006
#
# What it does: copick writes run_name as it is and reads it with pandas, which makes numbers of names that are digits: 001 is the number 1. Run 001
# is then not found by its picks, and as a run cannot be called by a number, nothing is imported. One run whose name has a letter in it, and all are
# text again: whether a file can be read depends on its other runs.
#
# What a good guess would be: what copick has exported it can import.
#
# Seen:
#   runs 001, 01006: exported "001", "01006", read as [1, 1006]; import: ValidationError
#   runs 001, TS_1: exported "001", "TS_1", read as ['001', 'TS_1']; import: 2 runs
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --prefer-binary copick==1.31.0 pandas==3.1.1 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF'
import csv
import json
from pathlib import Path

import copick
import numpy as np
from copick.ops.add import add_picks
from copick.util.formats import csv_to_copick_arrays, read_picks_csv, write_picks_csv_grouped

for number, names in enumerate((["001", "01006"], ["001", "TS_1"])):
    place = Path(f"project{number}").absolute()
    place.mkdir()
    config = {
        "config_type": "filesystem", "name": "t", "version": "1.31.0", "overlay_root": f"local://{place}",
        "pickable_objects": [{"name": "ribosome", "is_particle": True, "label": 1, "color": [0, 255, 0, 255]}],
    }
    Path("config.json").write_text(json.dumps(config))
    root = copick.from_file("config.json")
    for name in names:
        root.new_run(name).new_picks("ribosome", "1", "ana").from_numpy(np.ones((2, 3)))
    write_picks_csv_grouped("picks.csv", {r.name: (*r.picks[0].numpy(), r.picks[0].scores()) for r in root.runs})
    with open("picks.csv", newline="") as file:
        written = sorted({row["run_name"] for row in csv.DictReader(file)})
    found = list(csv_to_copick_arrays(read_picks_csv("picks.csv")))
    try:
        add_picks(root, names[0], "picks.csv", "ribosome", "bob", "2", 10.0)
        said = f"{sum(len(run.picks) == 2 for run in root.runs)} runs"
    except Exception as error:
        said = type(error).__name__
    shown = ", ".join(f'"{name}"' for name in written)
    print(f"runs {', '.join(names)}: exported {shown}, read as {found}; import: {said}")
    assert written == names
    assert (found, said) == (([1, 1006], "ValidationError") if number == 0 else (["001", "TS_1"], "2 runs"))
EOF
