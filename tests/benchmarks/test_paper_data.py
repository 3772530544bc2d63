"""Tomograms with picks become the data of an experiment, once."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.paper import data
from benchmarks.paper.data import open_data
from benchmarks.paper.protocol import protocol
from cryoal.errors import FileFormatError
from cryoal.testing.phantoms import write_phantoms

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.data.datasets.base import Dataset


def opened(folder: Path) -> Dataset:
    return open_data(protocol("50c-like"), folder / "set", folder / "work")


def simulated(folder: Path) -> list[list[str]]:
    """A folder as ``cryoal simulate`` leaves it, of phantoms; the rows that are for testing."""
    files = write_phantoms(folder / "set", n_tomograms=1, shape=(32, 64, 64), per_class=4)
    with files.truth.open(newline="") as file:
        _, *rows = csv.reader(file)
    with (folder / "set" / "test.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["key", "label"], *rows[::3]])
    return rows[::3]


def test_what_simulate_writes_is_cut_and_split_by_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "BOX", 8)
    test = simulated(tmp_path)
    found = opened(tmp_path)
    assert found.source.keys[found.test].tolist() == [key for key, _ in test]
    assert [found.classes[i] for i in found.targets[found.test]] == [name for _, name in test]
    assert not set(found.train) & set(found.test)
    assert found.box == 8


def test_boxes_are_cut_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "BOX", 8)
    simulated(tmp_path)
    first = opened(tmp_path)
    for tomogram in (tmp_path / "set").glob("*.mrc"):
        tomogram.unlink()
    again = opened(tmp_path)
    np.testing.assert_array_equal(
        first.source.read_normalised(first.test), again.source.read_normalised(again.test)
    )


def test_a_missing_simulation_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"get it from cryoal simulate OUT --recipe bench"):
        opened(tmp_path)


@pytest.mark.usefixtures("shared_data")
def test_the_halves_of_the_microtubule_are_a_pool_and_a_test_set(tmp_path: Path) -> None:
    found = open_data(protocol("microtubule"), None, tmp_path)
    assert (len(found.train), len(found.test)) == (590, 572)
    assert found.classes == ("wall", "lumen", "background")
