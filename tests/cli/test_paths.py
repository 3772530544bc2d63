"""Campaigns wherever they are, and commands that can be pasted into a shell."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign import Campaign
from cryoal.cli import main
from cryoal.data.pool import Pool

if TYPE_CHECKING:
    from cryoal.testing.phantoms import PhantomFiles

SMALL = ["pool.box=8", "model.width=4", "train.epochs=1", "train.batch_size=8"]


def run(*words: object) -> None:
    assert main([str(word) for word in words]) == 0


def whole_path(typed: str, phantoms: PhantomFiles) -> None:
    """Every command of a campaign, in the current folder."""
    settings = [word for setting in SMALL for word in ("--set", setting)]
    run("init", typed, "--classes", ",".join(phantoms.classes), *settings)
    tables = ("--picks", phantoms.picks, "--tomograms", phantoms.tomograms_star)
    run("add", typed, *phantoms.tomograms, *tables)
    run("select", typed, "-n", 6)
    run("label", typed, phantoms.truth, "--annotator", "ann")
    run("status", typed)
    run("classify", typed)
    run("export", typed, "--to", "csv", "-o", "../out.csv")
    run("review", typed, "--html", "../review.html")
    run("report", typed, "-o", "../report.html")
    assert Path("../out.csv").read_text().count("\n") == 37  # a header and 36 candidates


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, with an empty folder around it."""
    folder = tmp_path / "work" / "here"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    "typed", ["../c", "./c", "sub/../c", "../link/c", "two words (1)", "Krüger & söhne/c"]
)
def test_a_campaign_may_be_anywhere(typed: str, beside: Path, phantoms: PhantomFiles) -> None:
    (beside / "sub").mkdir()
    (beside.parent / "real").mkdir()
    (beside.parent / "link").symlink_to(beside.parent / "real")
    whole_path(typed, phantoms)
    assert (beside / typed / "predictions.csv").is_file()


def test_a_pool_and_its_tomograms_may_be_named_from_beside(
    beside: Path, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = os.path.relpath(campaign.path)
    assert ".." in typed
    opened = Campaign.open(Path(typed))
    monkeypatch.chdir("/")  # what was opened stays what it was
    assert len(opened.pool.read_normalised(opened.pool.index(opened.pool.keys[:2]))) == 2
    monkeypatch.chdir(beside)
    assert len(Pool.open(Path(typed, "pool.zarr"))) == 36


def test_a_recorded_tomogram_does_not_depend_on_other_folders(
    beside: Path, phantoms: PhantomFiles
) -> None:
    run("init", "../c", "--classes", "ring,rod", "--set", "pool.box=8")
    for file in (*phantoms.tomograms, phantoms.picks):
        (beside.parent / file.name).symlink_to(file)
    given = f"../{phantoms.tomograms[0].name}"
    run("add", "../c", given, "--picks", f"../{phantoms.picks.name}")
    pool = Campaign.open(Path("../c")).pool
    # the name of the link, which may be led elsewhere later; not where one stood while adding
    assert pool.tomograms[0].path == beside.parent / phantoms.tomograms[0].name
    assert pool.parts[0].source_path == beside.parent / phantoms.picks.name


def test_a_folder_in_which_no_pool_can_be_is_refused_at_once(
    beside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for typed in ("back\\slash", os.fsdecode(b"caf\xe9")):
        assert main(["init", typed, "--classes", "a,b"]) == 2
        assert "expected a folder that can hold a pool" in capsys.readouterr().err
        assert not Path(typed).exists()


def test_printed_commands_run_as_they_are(
    beside: Path, phantoms: PhantomFiles, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = "../my campaign; (1) $x"
    run("init", typed, "--classes", "ring,rod,background", "--set", "pool.box=8")
    run("add", typed, *phantoms.tomograms, "--picks", phantoms.picks)
    run("select", typed, "-n", 6)
    run("status", typed)
    run("review", typed, "--html", "../page.html")
    assert main(["export", typed, "--to", "csv", "-o", "x"]) == 2
    out = "\n".join(capsys.readouterr())
    commands = [
        part.split(", or ")[0].split(", then:")[0]
        for part in out.replace("cryoal: ", "").split("cryoal ")[1:]
        for part in [f"cryoal {part.splitlines()[0]}"]
    ]
    assert len(commands) >= 6
    for shown in commands:
        told = subprocess.run(
            ["sh", "-c", f'cryoal() {{ for word; do echo "$word"; done; }}\n{shown}'],
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.splitlines()[1] == typed
        assert shlex.split(shown)[2] == typed
