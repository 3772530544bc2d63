"""Bad input: one line on stderr, exit code 2, nothing half-written."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cryoal.cli import main
from cryoal.testing.phantoms import write_phantoms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryoal.testing.phantoms import PhantomFiles


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> PhantomFiles:
    folder = tmp_path_factory.mktemp("phantoms")
    return write_phantoms(folder, n_tomograms=2, shape=(32, 80, 80), per_class=6)


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that must fail, and give its one line."""

    def run(*words: object) -> str:
        capsys.readouterr()
        assert main([str(word) for word in words]) == 2
        lines = capsys.readouterr().err.splitlines()
        message = lines[-1]
        assert message.startswith("cryoal: ")
        assert not any("Traceback" in line for line in lines)
        return message

    return run


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    path = tmp_path / "campaign"
    assert main(["init", str(path), "--classes", "ring,rod,background", "--set", "pool.box=8"]) == 0
    return path


@pytest.fixture
def filled(campaign: Path, phantoms: PhantomFiles) -> Path:
    words = [*map(str, phantoms.tomograms), "--picks", str(phantoms.picks)]
    assert main(["add", str(campaign), *words]) == 0
    return campaign


def snapshot(folder: Path) -> dict[str, bytes]:
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != ".lock"]
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def test_a_directory_that_is_no_campaign(fails: Callable[..., str], tmp_path: Path) -> None:
    for command in (["status"], ["classify"], ["select", "-n", "5"]):
        assert "expected a campaign directory" in fails(*command[:1], tmp_path, *command[1:])


def test_a_campaign_without_a_pool(fails: Callable[..., str], campaign: Path) -> None:
    assert "expected a pool with boxes, found none" in fails("select", campaign, "-n", 5)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--slab", "5"), "expected --slab z0:z1 in voxels"),
        (("--slab", "0:9999"), "expected a slab within sections 0:32, found 0:9999"),
        (("--specimen", "picks"), "expected"),
    ],
)
def test_a_specimen_that_does_not_fit(
    fails: Callable[..., str],
    campaign: Path,
    phantoms: PhantomFiles,
    option: tuple[str, str],
    said: str,
) -> None:
    name, value = option
    value = str(phantoms.picks) if value == "picks" else value  # no mask, but a file
    before = snapshot(campaign)
    words = ("--picks", phantoms.picks, name, value)
    assert said in fails("add", campaign, phantoms.tomograms[0], *words)
    assert snapshot(campaign) == before


def test_a_file_that_is_not_mrc(
    fails: Callable[..., str], campaign: Path, phantoms: PhantomFiles, tmp_path: Path
) -> None:
    fake = tmp_path / "TS_01.mrc"
    fake.write_bytes(b"not a tomogram" * 200)
    before = snapshot(campaign)
    message = fails("add", campaign, fake, "--picks", phantoms.picks)
    assert "expected a tomogram (" in message
    assert str(fake) in message
    assert snapshot(campaign) == before


def test_a_truncated_tomogram(
    fails: Callable[..., str], campaign: Path, phantoms: PhantomFiles, tmp_path: Path
) -> None:
    cut = tmp_path / "TS_01.mrc"
    cut.write_bytes(phantoms.tomograms[0].read_bytes()[:-1000])
    before = snapshot(campaign)
    assert "is truncated" in fails("add", campaign, cut, "--picks", phantoms.picks)
    assert snapshot(campaign) == before


def test_picks_of_another_tomogram(
    fails: Callable[..., str], campaign: Path, phantoms: PhantomFiles, tmp_path: Path
) -> None:
    other = tmp_path / "TS_77.mrc"
    shutil.copy(phantoms.tomograms[0], other)
    before = snapshot(campaign)
    message = fails("add", campaign, other, "--picks", phantoms.picks)
    assert "TS_77" in message
    assert "TS_01" in message
    assert snapshot(campaign) == before


def test_a_pick_outside_its_tomogram(
    fails: Callable[..., str], campaign: Path, phantoms: PhantomFiles, tmp_path: Path
) -> None:
    import csv

    picks = tmp_path / "picks.csv"
    with picks.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["key", "tomogram", "x", "y", "z"])
        writer.writerow(["TS_01/1", "TS_01", 10, 10, 10])
        writer.writerow(["TS_01/2", "TS_01", 10, 80, 10])
    before = snapshot(campaign)
    message = fails("add", campaign, phantoms.tomograms[0], "--picks", picks)
    assert "TS_01/2" in message
    assert snapshot(campaign) == before


def test_labels_with_an_unknown_class_a_strange_key_or_a_contradiction(
    fails: Callable[..., str], filled: Path, tmp_path: Path
) -> None:
    before = snapshot(filled)
    answers = tmp_path / "answers.csv"
    for row, expected in (
        ("TS_01/2,rood", "no class called 'rood' in"),
        ("TS_99/1,rod", "first 'TS_99/1'"),
        ("TS_01/1,rod", "expected one answer for 'TS_01/1', found a second one"),
    ):
        answers.write_text(f"key,label\nTS_01/1,ring\n{row}\n")
        assert expected in fails("label", filled, answers)
    assert snapshot(filled) == before


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EROFS, "expected a disk that can be written to, found a read-only one at q.csv"),
        (errno.EACCES, "expected leave to read or write q.csv, found Permission denied"),
    ],
)
def test_what_may_not_be_written_is_named(
    fails: Callable[..., str], filled: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def may_not(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "q.csv")

    monkeypatch.setattr("cryoal.campaign.cycle_folder.write_query", may_not)
    assert fails("select", filled, "-n", "6", "--strategy", "random") == f"cryoal: {said}"


def test_a_full_disk(
    fails: Callable[..., str], filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(filled)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "query.csv")

    monkeypatch.setattr("cryoal.campaign.cycle_folder.write_query", full)
    assert "found it full" in fails("select", filled, "-n", 5)
    assert snapshot(filled) == before


def test_two_at_once(fails: Callable[..., str], filled: Path) -> None:
    holder = "import sys; from pathlib import Path; from cryoal.campaign import Campaign\n"
    holder += "with Campaign.open(Path(sys.argv[1])).busy('select'): print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(filled)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert "held by 'cryoal select'" in fails("select", filled, "-n", 5)
        other.kill()


def test_words_the_program_does_not_know(
    fails: Callable[..., str], campaign: Path, tmp_path: Path
) -> None:
    assert "No such command 'selct'" in fails("selct")
    assert "--nn" in fails("select", campaign, "--nn", 5)
    assert "did you mean 'margin'" in fails("select", campaign, "-n", 5, "--strategy", "marjin")
    assert "unknown setting pool.bx" in fails(
        "init", tmp_path / "x", "--classes", "a,b", "--set", "pool.bx=3"
    )
    assert not (tmp_path / "x").exists()


def test_a_file_that_is_not_there(fails: Callable[..., str], filled: Path) -> None:
    assert "nothing at nowhere.csv" in fails("label", filled, "nowhere.csv")


def test_debug_shows_the_traceback(campaign: Path) -> None:
    from cryoal.errors import PoolError

    for words in (["--debug", "select"], ["select", "--debug"]):
        with pytest.raises(PoolError):
            main([*words, str(campaign), "-n", "5"])
