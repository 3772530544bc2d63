"""Tomograms with picks become the data of an experiment, once."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.paper import data
from benchmarks.paper.data import open_data
from benchmarks.paper.protocol import protocol
from cryoal.errors import ConfigError, FileFormatError
from cryoal.testing.phantoms import write_phantoms

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.data.datasets.base import Dataset


def opened(folder: Path, *departures: str) -> Dataset:
    wanted = protocol("50c-like", departures=departures)
    return open_data(wanted, folder / "set", folder / "work")


def simulated(folder: Path) -> list[list[str]]:
    """A folder as ``cryoal simulate`` leaves it, of phantoms; the rows that are for testing."""
    files = write_phantoms(folder / "set", n_tomograms=1, shape=(32, 64, 64), per_class=4)
    with files.truth.open(newline="") as file:
        _, *rows = csv.reader(file)
    with (folder / "set" / "test.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["key", "label"], *rows[::3]])
    settings = 'structures = [{ path = "a.mrc" }]\n[noise]\ndefinition = "published"\nsnr = 0.05\n'
    (folder / "set" / "recipe.toml").write_text(settings)
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


def test_other_data_at_the_same_place_is_cut_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "BOX", 8)
    simulated(tmp_path)
    opened(tmp_path)
    recipe = tmp_path / "set" / "recipe.toml"
    recipe.write_text(recipe.read_text() + "mtf = 0.4\n")
    opened(tmp_path)
    assert len(list((tmp_path / "work").glob("50c-like-boxes-*"))) == 2


def test_data_of_another_recipe_says_how_to_simulate_the_right_one(tmp_path: Path) -> None:
    simulated(tmp_path)
    with pytest.raises(
        ConfigError,
        match=r"expected noise.definition=power in .*set/recipe.toml, found published; simulate"
        r" it with cryoal simulate OUT .* --set noise.definition=power --set noise.snr=12.6",
    ):
        opened(tmp_path, "clear")


def test_a_damaged_recipe_is_named(tmp_path: Path) -> None:
    simulated(tmp_path)
    (tmp_path / "set" / "recipe.toml").write_text("[noise")
    with pytest.raises(ConfigError, match=r"expected TOML in .*set/recipe.toml, found"):
        opened(tmp_path)


def test_a_missing_simulation_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"get it from cryoal simulate OUT --recipe bench"):
        opened(tmp_path)


@pytest.mark.usefixtures("shared_data")
def test_the_halves_of_the_microtubule_are_a_pool_and_a_test_set(tmp_path: Path) -> None:
    found = open_data(protocol("microtubule"), None, tmp_path)
    assert (len(found.train), len(found.test)) == (590, 572)
    assert found.classes == ("wall", "lumen", "background")
