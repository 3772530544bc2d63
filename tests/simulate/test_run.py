from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import CryoALError
from cryoal.io.star import read_star
from cryoal.simulate.run import Simulated, simulate
from tests.simulate.material import blob, small, write_map

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("maps")
    dot = write_map(folder / "dot.mrc", blob((12, 12, 12), (6, 6, 6), 1.2))
    two = blob((16, 16, 16), (8, 8, 6), 1.2) + blob((16, 16, 16), (8, 8, 10), 1.2)
    return [dot, write_map(folder / "two.mrc", two)]


def voxels(made: Simulated) -> list[bytes]:
    return [path.read_bytes()[1024:] for path in made.tomograms]  # the header has a date


def labels(path: Path) -> dict[str, str]:
    with path.open(newline="") as file:
        return {row["key"]: row["label"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("kind", ["subtomograms", "tomograms"])
def test_one_process_and_two_give_the_same_bits(
    maps: list[Path], tmp_path: Path, kind: str
) -> None:
    recipe = small(kind, maps, "tomograms.count=2", "tomograms.shape=[32,64,64]")
    one = simulate(recipe, tmp_path / "one", processes=1, device="cpu")
    two = simulate(recipe, tmp_path / "two", processes=2, device="cpu")
    assert len(one.tomograms) == 2
    assert voxels(one) == voxels(two)
    assert one.picks.read_bytes() == two.picks.read_bytes()
    assert one.truth.read_bytes() == two.truth.read_bytes()


def test_another_seed_gives_other_boxes(maps: list[Path], tmp_path: Path) -> None:
    found = [
        simulate(small("subtomograms", maps, f"seed={seed}"), tmp_path / str(seed), processes=1)
        for seed in (0, 1)
    ]
    assert voxels(found[0]) != voxels(found[1])


def test_the_last_boxes_of_each_class_are_for_testing(maps: list[Path], tmp_path: Path) -> None:
    settings = ("subtomograms.test_per_class=2", "subtomograms.files=true")
    made = simulate(small("subtomograms", maps, *settings), tmp_path / "out", processes=1)
    assert made.test is not None
    truth, test = labels(made.truth), labels(made.test)
    assert sorted(truth.values()) == ["dot"] * 4 + ["two"] * 4
    assert sorted(test.values()) == ["dot"] * 2 + ["two"] * 2
    assert all(truth[key] == label for key, label in test.items())
    assert made.classes == ("dot", "two")
    assert (made.folder / "classes" / "two" / "subtomogram_mrc" / "tomotarget3.mrc").is_file()


def test_without_a_test_set_there_is_no_file_of_it(maps: list[Path], tmp_path: Path) -> None:
    recipe = small("subtomograms", maps, "subtomograms.test_per_class=0")
    assert simulate(recipe, tmp_path / "out", processes=1).test is None
    assert not (tmp_path / "out" / "test.csv").exists()


def test_the_recipe_lies_beside_what_came_of_it_and_makes_it_again(
    maps: list[Path], tmp_path: Path
) -> None:
    from cryoal.simulate.recipe import read_recipe

    made = simulate(small("subtomograms", maps), tmp_path / "out", processes=1)
    again = simulate(read_recipe(made.folder / "recipe.toml"), tmp_path / "again", processes=1)
    assert voxels(made) == voxels(again)


def test_classes_are_named_in_no_file_that_a_picker_would_write(
    maps: list[Path], tmp_path: Path
) -> None:
    made = simulate(small("tomograms", maps), tmp_path / "out", processes=1)
    assert made.classes == ("dot", "two", "membrane", "gold", "background")
    text = made.picks.read_text() + made.tomograms_star.read_text()
    assert not any(f"{name}\n" in text or f" {name} " in text for name in made.classes)
    keys = read_star(made.picks)["particles"]["rlnTomoParticleName"]
    assert keys == list(labels(made.truth))
    assert made.n_candidates == len(keys) == 6 + 6 + 2 + 4 + 3


@pytest.mark.parametrize("processes", [1, 2])
def test_a_failure_leaves_nothing_behind(maps: list[Path], tmp_path: Path, processes: int) -> None:
    recipe = small("tomograms", maps, "tomograms.per_class=500", "tomograms.count=2")
    with pytest.raises(CryoALError, match="expected room for"):
        simulate(recipe, tmp_path / "out", processes=processes, device="cpu")
    assert list(tmp_path.iterdir()) == []


def test_voxels_are_of_the_type_that_was_asked(maps: list[Path], tmp_path: Path) -> None:
    import mrcfile

    found = []
    for dtype in ("int16", "float16", "float32"):
        recipe = small("subtomograms", maps, f"dtype={dtype}")
        made = simulate(recipe, tmp_path / dtype, processes=1)
        found.append(mrcfile.read(made.tomograms[0]))
        assert found[-1].dtype == dtype
    np.testing.assert_allclose(found[0] / 500, found[2], atol=1 / 900)
    np.testing.assert_allclose(found[1], found[2], atol=5e-3)
