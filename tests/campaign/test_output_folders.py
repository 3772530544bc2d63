from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign.output_folders import check_output_folder, writing_folder
from cryoal.errors import OutputError
from cryoal.records import temporary_name

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign import Campaign


def write(campaign: Campaign, path: Path, *, force: bool = False, **texts: str) -> None:
    with writing_folder(campaign, path, force=force) as folder:
        for name, text in texts.items():
            file = folder / name.replace("__", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)


def names(path: Path) -> list[str]:
    return sorted(file.name for file in path.iterdir())


def content(path: Path) -> dict[str, str]:
    return {str(f.relative_to(path)): f.read_text() for f in path.rglob("*") if f.is_file()}


def test_a_folder_is_written_whole_and_again(campaign: Campaign, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    write(campaign, out, a__x="1", b="2")
    assert content(out) == {"a/x": "1", "b": "2"}
    write(campaign, out, b="3", c="4")
    assert content(out) == {"b": "3", "c": "4"}
    assert names(out.parent) == ["out"]


def test_what_fails_leaves_the_folder_as_it_was(campaign: Campaign, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(campaign, out, a="1")
    before = names(tmp_path)
    with pytest.raises(IsADirectoryError):
        write(campaign, out, a="2", c__x="3", c="4")
    assert content(out) == {"a": "1"}
    assert names(tmp_path) == before


def test_a_file_of_somebody_else_in_it_is_never_replaced(
    campaign: Campaign, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    write(campaign, out, a="1")
    (out / "notes.txt").write_text("mine")
    for force in (False, True):
        with pytest.raises(OutputError, match=r"found .*out with notes.txt in it; --force empties"):
            write(campaign, out, force=force, a="2")
    (out / "notes.txt").unlink()
    (out / "a").write_text("changed")
    with pytest.raises(OutputError, match=r"found it changed since; --force replaces it"):
        write(campaign, out, a="2")
    write(campaign, out, force=True, a="2")
    assert content(out) == {"a": "2"}


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_is_no_place_of_the_campaign_or_its_inputs(
    campaign: Campaign, tmp_path: Path, force: bool
) -> None:
    tomogram = campaign.pool.tomograms[0].path
    (tmp_path / "file").write_text("x")
    for path, found in (
        (campaign.path / "out", "outside of campaigns"),
        (tomogram.parent, "the campaign's own input"),
        (tomogram.parent.parent, "the campaign's own input"),
        (tmp_path / "file", "a file at"),
        (tmp_path / "file" / "out", "a file at"),
    ):
        with pytest.raises(OutputError, match=found):
            check_output_folder(campaign, path, force=force)
    with pytest.raises(OutputError, match="the campaign's own input"):
        check_output_folder(campaign, tmp_path, tmp_path / "file", force=force)


def test_an_empty_folder_of_the_user_is_filled(campaign: Campaign, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(campaign, tmp_path / "out", a="1")
    assert content(tmp_path / "out") == {"a": "1"}


@pytest.mark.parametrize("which", ["new", "old"])
def test_what_a_killed_export_left_is_cleared_away(
    campaign: Campaign, tmp_path: Path, which: str
) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    mine = tmp_path / temporary_name(f"out.{which}")
    left = tmp_path / mine.name.replace(f".{os.getpid()}.", f".{ended.pid}.")
    (left / "sub").mkdir(parents=True)
    (left / "sub" / "a").write_text("half")
    write(campaign, tmp_path / "out", a="1")
    assert not left.exists()
