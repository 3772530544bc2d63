from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest

from benchmarks.scale.__main__ import exponent, points
from benchmarks.scale.material import GRID, SPACING, write_material

if TYPE_CHECKING:
    from pathlib import Path


def test_picks_lie_on_particles_of_the_class_that_is_told(tmp_path: Path) -> None:
    (path,), files = write_material(tmp_path, 300)
    volume = mrcfile.read(path).astype(np.float64)
    with files.truth.open(newline="") as file:
        label = np.array([row["label"] for row in csv.DictReader(file)])
    star = files.picks.read_text().splitlines()
    rows = [line.split() for line in star if line.startswith("TS_000\t")]
    assert len(rows) == len(label) == 300
    xyz = np.array([[float(cell) for cell in row[2:5]] for row in rows]) / SPACING
    zyx = (xyz[:, ::-1] + np.array(volume.shape) / 2).round().astype(int)
    half = GRID // 2
    boxes = np.stack(
        [volume[z - half : z + half, y - half : y + half, x - half : x + half] for z, y, x in zyx]
    )
    middle = boxes[:, 3:5, 3:5, 3:5].mean(axis=(1, 2, 3))  # where a rod is, and a shell is not
    assert middle[label == "rod"].mean() > 2 * middle[label == "shell"].mean()
    assert boxes[label == "shell"].mean() > 2 * abs(boxes[label == "background"].mean())


def test_a_time_that_doubles_with_the_boxes_has_exponent_one() -> None:
    assert exponent({"cpu_seconds": 8.0}, 400, {"cpu_seconds": 4.0}, 200) == pytest.approx(1)
    assert exponent({"cpu_seconds": 32.0}, 400, {"cpu_seconds": 2.0}, 100) == pytest.approx(2)


def test_a_memory_curve_keeps_the_most_of_each_part() -> None:
    row = dict.fromkeys(("date", "commit", "build", "way", "step", "box", "n"), "")
    told = {"curve": [(0.1, 5.0), (0.3, 9.0), (0.4, 7.0), (9.9, 2.0), (10.0, 3.0)]}
    found = [(p["share"], p["megabytes"]) for p in points(row, told)]
    assert found == [("0.05", "9"), ("1.00", "3")]
