"""From a real tomogram and a real STAR file to boxes that show what the truth says."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest

from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.io.picks.read import read_picks

if TYPE_CHECKING:
    from pathlib import Path

BOX = 16


@pytest.fixture(scope="module")
def pool(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Pool:
    folder, path = shared_data / "microtubule", tmp_path_factory.mktemp("pool") / "pool.zarr"
    picks = read_picks(folder / "13pf_candidates_relion5.star")
    report = extract(path, [folder / "13pf_MT.mrc"], picks, box=BOX)
    assert (report.n_added, report.density) == (1300, "white")
    return Pool.open(path)


@pytest.fixture(scope="module")
def truth(shared_data: Path) -> dict[str, dict[str, str]]:
    with (shared_data / "microtubule" / "13pf_truth.csv").open(newline="") as file:
        return {row["particle"]: row for row in csv.DictReader(file)}


def test_positions_are_those_of_the_truth(pool: Pool, truth: dict[str, dict[str, str]]) -> None:
    expected = [[float(truth[key][f"{axis}_voxel"]) for axis in "zyx"] for key in pool.keys]
    found = pool.position_zyx_angstrom / pool.voxel_spacing
    assert np.abs(found - expected).max() < 1e-3  # the truth has three digits


def test_centre_voxel_is_the_tomogram_s_at_the_true_place(
    pool: Pool, truth: dict[str, dict[str, str]], shared_data: Path
) -> None:
    with mrcfile.open(shared_data / "microtubule" / "13pf_MT.mrc") as file:
        voxels = file.data
    centers = pool.read(np.arange(len(pool)))[:, BOX // 2, BOX // 2, BOX // 2]
    exact = [[float(truth[key][f"{axis}_voxel"]) for axis in "zyx"] for key in pool.keys]
    places = np.floor(np.array(exact) + 0.5).astype(int)  # round() would take halves to the even
    assert np.array_equal(centers, voxels[tuple(places.T)])


def test_wall_is_brighter_at_the_centre_than_lumen_and_background(
    pool: Pool, truth: dict[str, dict[str, str]]
) -> None:
    middle = slice(BOX // 2 - 1, BOX // 2 + 2)
    boxes = pool.read_normalised(np.arange(len(pool)))
    brightness = boxes[:, middle, middle, middle].mean(axis=(1, 2, 3))
    classes = np.array([truth[key]["class"] for key in pool.keys])
    mean = {name: brightness[classes == name].mean() for name in ("wall", "lumen", "background")}
    assert mean["wall"] > 0.7
    assert abs(mean["lumen"]) < 0.1
    assert abs(mean["background"]) < 0.1


def test_columns_come_back_as_they_were(pool: Pool) -> None:
    columns = pool.parts[0].columns()
    assert list(columns)[:3] == [
        "rlnTomoName",
        "rlnTomoParticleName",
        "rlnCenteredCoordinateXAngst",
    ]
    assert columns["rlnTomoParticleName"] == pool.keys.tolist()
    assert columns["rlnCenteredCoordinateXAngst"][0] == "113.607306"
    assert pool.parts[0].blocks()["optics"]["rlnVoltage"] == ["300.000000"]
