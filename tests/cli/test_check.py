"""``cryoal check``: exit codes, and what is printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cryoal.cli.program import run_command
from cryoal.testing.phantoms import PhantomFiles, write_phantoms

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PhantomFiles:
    folder = tmp_path_factory.mktemp("check")
    return write_phantoms(folder, n_tomograms=1, shape=(32, 72, 72), per_class=8, distance=120.0)


def words(made: PhantomFiles, picks: Path, picture: Path) -> list[str]:
    return ["check", str(made.tomograms[0]), "--picks", str(picks), "-o", str(picture)]


def test_right_picks_end_with_0_a_sentence_and_a_picture(
    made: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "check.png"
    told = [*words(made, made.picks, picture), "--tomograms", str(made.tomograms_star)]
    assert run_command([*told, "--box", "12"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("TS_01: 24 of 24 picks inside; voxels x ")
    assert out[-2].startswith("the 24 picks in 1 tomogram are darker than what is around them")
    assert out[-1] == f"picture: {picture}"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_picture_is_a_png(
    made: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(words(made, made.picks, tmp_path / "x.svg")) == 2
    assert "expected a name that ends in .png for the picture" in capsys.readouterr().err


def test_wrong_picks_end_with_1_and_json_names_the_reading(
    made: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cryoal.io.star import read_star, write_star

    blocks = read_star(made.picks)
    table = blocks["particles"]
    x, y = (f"rlnCenteredCoordinate{axis}Angst" for axis in "XY")
    table[x], table[y] = table[y], table[x]
    write_star(tmp_path / "wrong.star", blocks)
    told = words(made, tmp_path / "wrong.star", tmp_path / "check.png")
    told += ["--tomograms", str(made.tomograms_star), "--json", "--box", "12"]
    assert run_command(told) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["wrong"] is True
    assert found["together"]["better"] == "x and y exchanged"
    assert found["tomograms"]["TS_01"]["inside"] == 24
    assert found["picture"] == str(tmp_path / "check.png")


def test_what_cannot_be_read_ends_with_2(
    made: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(words(made, tmp_path / "none.star", tmp_path / "check.png")) == 2
    assert "expected a file of picks" in capsys.readouterr().err
    assert run_command(["check", str(made.tomograms[0])]) == 2
    assert "expected --picks FILE, or the directory of a campaign" in capsys.readouterr().err
    assert not (tmp_path / "check.png").exists()


def test_a_file_of_somebody_else_is_not_replaced_by_the_picture(
    made: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = made.tomograms[0].read_bytes()
    told = ["--tomograms", str(made.tomograms_star), "--box", "12"]
    assert run_command([*words(made, made.picks, made.tomograms[0]), *told]) == 2
    assert "or a picture of cryoal check, found another at" in capsys.readouterr().err
    assert made.tomograms[0].read_bytes() == before
    for _ in range(2):  # its own is
        assert run_command([*words(made, made.picks, tmp_path / "check.png"), *told]) == 0
