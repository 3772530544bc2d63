"""What ``cryoal add`` says and refuses."""

from __future__ import annotations

import csv
import shutil
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import pytest

from cryoal.cli import main
from cryoal.io.star import write_star
from tests.crews import Elsewhere
from tests.data.samples import tomogram
from tests.io.picks.files import columns, particles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command; what it prints, or the line with which it fails."""

    def run(*words: object) -> str:
        with suppress(SystemExit):
            main([str(word) for word in words])
        found = capsys.readouterr()
        return found.out or found.err

    return run


@pytest.fixture
def here(tmp_path: Path, say: Callable[..., str]) -> Path:
    path = tmp_path / "ribo"
    settings = ("--set", "pool.box=8", "--set", 'classifier.use="pair"')
    say("init", path, "--classes", "a,b", *settings)
    return path


def csv_of(path: Path, *rows: tuple[object, ...]) -> Path:
    path.write_text("\n".join(["tomogram,x,y,z", *(",".join(map(str, row)) for row in rows)]))
    return path


def test_what_is_left_out_is_counted_and_listed(
    tmp_path: Path, here: Path, say: Callable[..., str]
) -> None:
    picks = csv_of(tmp_path / "p.csv", ("TS_01", 9, 9, 9), ("TS_01", 40, 9, 9), ("TS_01", 9, 9, 8))
    words = ("add", here, tomogram(tmp_path, "TS_01"), "--picks", picks, "--density", "white")
    refused = say(*words)
    assert "found 1 of 3 outside" in refused
    assert "(--outside skip leaves them out)" in refused
    said = say(*words, "--outside", "skip")
    assert said.splitlines()[:5] == [
        "added 2 boxes from 1 tomogram",
        "  TS_01: 2",
        "1 pick left out: outside its tomogram",
        f"listed in {here / 'left_out.csv'}",
        "1 box is closer than 20 A to another: --min-distance keeps one of these",
    ]
    with (here / "left_out.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [
            {
                "part": "part_0000",
                "key": "",
                "tomogram": "TS_01",
                "row": "2",
                "reason": "outside its tomogram",
                "x_angstrom": "400.0",
                "y_angstrom": "90.0",
                "z_angstrom": "90.0",
            }
        ]
    again = say(*words, "--outside", "skip")
    assert "added 0 boxes" in again
    assert "2 picks left out, boxes are there already" in again


def test_a_tomogram_goes_by_the_name_that_is_said(
    tmp_path: Path, here: Path, say: Callable[..., str]
) -> None:
    picks = csv_of(tmp_path / "p.csv", ("TS_01", 9, 9, 9))
    path = shutil.move(tomogram(tmp_path, "x"), tmp_path / "mine.mrc")
    words = ("add", here, "--picks", picks, "--density", "white")
    assert "--name TS_01=" in say(*words, path)
    assert f"note: {path} goes by 'TS_01' (as told)" in say(*words, "--name", f"TS_01={path}")


def test_a_second_set_of_picks_is_told_how_its_keys_begin(
    tmp_path: Path, here: Path, say: Callable[..., str]
) -> None:
    path = tomogram(tmp_path, "TS_01")
    for name, x in (("one", 9), ("other", 20)):
        picks = csv_of(tmp_path / f"{name}.csv", ("TS_01", x, 9, 9))
        said = say("add", here, path, "--picks", picks, "--density", "white")
    assert "note: keys begin with 'other/' in 1 tomogram that has picks of another set" in said


def test_picks_called_as_their_tomogram_are_no_second_set(
    tmp_path: Path, here: Path, say: Callable[..., str]
) -> None:
    path = tomogram(tmp_path, "TS_01")
    picks = csv_of(tmp_path / "TS_01.csv", ("TS_01", 9, 9, 9))
    assert "another set" not in say("add", here, path, "--picks", picks, "--density", "white")


def test_relion_s_table_of_tomograms_says_where_they_are(
    tmp_path: Path, here: Path, say: Callable[..., str]
) -> None:
    job = tmp_path / "relion" / "Tomograms" / "job007"
    (job / "tomograms").mkdir(parents=True)
    shutil.move(tomogram(tmp_path, "x"), job / "tomograms" / "rec_of_mine.mrc")
    head = "rlnTomoName rlnTomoReconstructedTomogram rlnTomoTiltSeriesPixelSize"
    row = "TS_01 Tomograms/job007/tomograms/rec_of_mine.mrc 10.0"
    write_star(job / "tomograms.star", {"global": columns(f"{head}\n{row}")})
    labels = "rlnTomoName rlnCenteredCoordinateXAngst rlnCenteredCoordinateYAngst"
    picks = particles(tmp_path / "p.star", f"{labels} rlnCenteredCoordinateZAngst\nTS_01 9 9 9")
    words = ("add", here, "--picks", picks, "--density", "white")
    assert "found none: give them" in say(*words)
    said = say(*words, "--tomograms", job / "tomograms.star")
    assert said.startswith("added 1 box from 1 tomogram\n  TS_01: 1\n")
    assert "goes by 'TS_01' (as listed with the picks)" in said


def test_whoever_works_for_the_command_measures_and_cuts(
    here: Path, tmp_path: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    class Noting(Elsewhere):
        def spans(self, work: Any, spans: Any) -> Any:
            done.append(work.name)
            return super().spans(work, spans)

    monkeypatch.setattr("cryoal.distributed.start.crew_of", lambda *_, **__: nullcontext(Noting()))
    (tmp_path / "p.csv").write_text("x,y,z\n20,15,10\n12,10,9\n")
    said = say(
        "add", here, tomogram(tmp_path, "TS_01"), "--picks", tmp_path / "p.csv",
        "--density", "white", "--no-check",
    )  # fmt: skip
    assert "added 2" in said, said
    assert "they are cut anew at each reading\n" in said  # at what rate was not seen
    assert done[:2] == ["measuring tomograms", "cutting boxes"]
