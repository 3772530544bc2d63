"""``cryoal simulate``: its files go through the commands that real ones go through."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from cryoal.cli import main
from cryoal.study.dataset import campaign_dataset
from tests.simulate.material import blob, write_map, write_pdb

if TYPE_CHECKING:
    from pathlib import Path

SMALL = (
    *("--processes", "1", "--set", "box=16", "--set", "noise.snr=2"),
    *("--set", "subtomograms.per_class=12", "--set", "subtomograms.test_per_class=4"),
    *("--set", "subtomograms.offset=2", "--set", "subtomograms.per_file=20"),
    *("--set", "tomograms.shape=[32,64,64]", "--set", "tomograms.per_class=8"),
    *("--set", "tomograms.vesicles=0", "--set", "tomograms.membrane_picks=0"),
    *("--set", "tomograms.gold=2", "--set", "tomograms.background_picks=8"),
    *("--set", "tomograms.gold_diameter=60"),
)
QUICK = ("pool.box=16", "model.width=4", "train.epochs=2", "train.batch_size=8")


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("maps")
    dot = write_map(folder / "dot.mrc", blob((12, 12, 12), (6, 6, 6), 1.2))
    two = blob((16, 16, 16), (8, 8, 6), 1.0) + blob((16, 16, 16), (8, 8, 10), 1.0)
    return [str(dot), str(write_map(folder / "two.mrc", two))]


def cryoal(*words: object) -> None:
    assert main([str(word) for word in words]) == 0


def answer(query: Path, truth: Path, answers: Path) -> Path:
    with truth.open(newline="") as file:
        known = {row["key"]: row["label"] for row in csv.DictReader(file)}
    with query.open(newline="") as file:
        keys = [row["key"] for row in csv.DictReader(file)]
    answers.write_text("key,label\n" + "".join(f"{key},{known[key]}\n" for key in keys))
    return answers


def campaign(here: Path, made: Path, classes: str) -> None:
    settings = [word for setting in QUICK for word in ("--set", setting)]
    cryoal("init", here, "--classes", classes, *settings)
    tables = ("--picks", made / "candidates.star", "--tomograms", made / "tomograms.star")
    cryoal("add", here, *sorted(made.glob("*.mrc")), *tables, "--density", "black")


def test_tomograms_go_through_a_whole_campaign(
    maps: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, here = tmp_path / "made", tmp_path / "campaign"
    cryoal("simulate", made, *maps, *SMALL)
    assert "made 1 MRC file with 26 candidates" in capsys.readouterr().out
    campaign(here, made, "dot,two,gold,background")
    cryoal("select", here, "-n", 10)
    answers = answer(here / "cycle_000" / "query.csv", made / "truth.csv", tmp_path / "a.csv")
    cryoal("label", here, answers)
    cryoal("select", here, "-n", 5)
    cryoal("export", here, "--to", "relion5", "-o", tmp_path / "out.star")
    assert "26 boxes" in capsys.readouterr().out or (tmp_path / "out.star").is_file()


def test_subtomograms_are_a_data_set_for_comparisons(maps: list[str], tmp_path: Path) -> None:
    made, here = tmp_path / "made", tmp_path / "campaign"
    cryoal("simulate", made, *maps, *SMALL, "--set", "kind=subtomograms")
    campaign(here, made, "dot,two")
    dataset = campaign_dataset(here, made / "truth.csv", made / "test.csv")
    assert len(dataset.train) == 16
    assert len(dataset.test) == 8
    assert (dataset.targets >= 0).all()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "expected structures (PDB, mmCIF or MRC files, or a recipe), found none"),
        (["none.pdb"], "expected a PDB, mmCIF or MRC file, found nothing at none.pdb"),
        (["--recipe", "none.toml"], "expected a file, found nothing at none.toml"),
        (["EMPTY"], "expected atoms in"),
        (["MAP", "--set", "box=8", "--set", "voxel_spacing=5"], "set box to"),
        (["MAP", "--set", "tomograms.per_class=900"], "expected room for 910 particles"),
        (["MAP", "--set", "noise.snt=1"], "did you mean 'snr'"),
        (["MAP", "--device", "cuda:9"], "expected device 'cuda:9', found"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    maps: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    expected: str,
) -> None:
    empty = write_pdb(tmp_path / "empty.pdb", [])
    given = {"EMPTY": str(empty), "MAP": maps[0]}
    words = [given.get(word, word) for word in words]
    assert main(["simulate", str(tmp_path / "out"), *SMALL, *words]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert expected in lines[-1]
    assert lines[-1].startswith("cryoal: ")
    assert not (tmp_path / "out").exists()
