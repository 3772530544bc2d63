from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cryoal.config import build_tree, to_toml
from cryoal.errors import ConfigError
from cryoal.simulate.recipe import Recipe, read_recipe


def test_a_class_is_called_after_its_file_unless_it_has_a_name(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('structures = [{path = "a/1bxn.pdb.gz"}, {path = "b.mrc", name = "wall"}]')
    recipe = read_recipe(path, [Path("4v4r.cif"), Path("odd.name.map")])
    assert list(recipe.counts()) == ["1bxn", "wall", "4v4r", "odd.name"]


def test_paths_start_from_the_recipe_and_settings_go_over_it(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('noise.snr = 0.5\n[[structures]]\npath = "x.pdb"\ncount = 7\n')
    recipe = read_recipe(path, settings=["noise.snr=0.1", "kind=tomograms"])
    assert recipe.structures[0].path == str(tmp_path / "x.pdb")
    assert recipe.noise.snr == 0.1
    assert recipe.counts() == {"x": 7}


def test_a_recipe_written_out_reads_back_as_itself() -> None:
    recipe = read_recipe(None, [Path("x.pdb")], ["tomograms.shape=[40,50,60]"])
    assert build_tree(Recipe, tomllib.loads(to_toml(recipe))) == recipe


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["noise.snt=1"], "did you mean 'snr'"),
        (["noise.snr=0"], "expected noise.snr > 0, found 0"),
        (["noise.definition=best"], "one of power, published, none, found 'best'"),
        (["box=31"], "an even number"),
        (["imaging.tilt_range=0"], "in (0, 90]"),
        (["tomograms.shape=[200,512]"], "z, y, x"),
        (["tomograms.shape=[24,64,64]"], "tomograms.shape >= 32, the box, found (24, 64, 64)"),
        (["tomograms.gap=-1"], "expected tomograms.gap >= 0, found -1"),
        (["tomograms.vesicles=0"], "0 without vesicles, found 40"),
        (["kind=subtomograms", "subtomograms.offset=16"], "< 16 (half the box), found 16"),
        (["kind=subtomograms", "subtomograms.per_class=20"], "from 0 to 19, found 20"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(settings: list[str], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_recipe(None, [Path("x.pdb")], settings)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "expected structures (PDB, mmCIF or MRC files, or a recipe), found none"),
        (["a.pdb", "b/a.mrc"], "different names, found ['a']"),
        (["gold.pdb"], "none of membrane, gold, background, found 'gold'"),
        (["a,b.pdb"], "without commas"),
    ],
)
def test_names_that_cannot_be_told_apart_are_refused(names: list[str], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_recipe(None, [Path(name) for name in names])
    assert expected in str(caught.value)


def test_a_recipe_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("structures: []")
    with pytest.raises(ConfigError, match="expected TOML"):
        read_recipe(path)


def test_the_recipes_of_the_benchmarks_are_sound() -> None:
    folder = Path(__file__).parents[2] / "benchmarks" / "paper"
    like = read_recipe(folder / "50c-like.toml")
    assert set(like.counts().values()) == {500}
    assert len(like.counts()) == 50
    assert read_recipe(folder / "tomograms.toml").tomograms.shape == (200, 512, 512)
