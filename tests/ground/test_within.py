"""A process that keeps to one folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cryoal.campaign.outputs import require_outside
from cryoal.errors import OutputError, PicksError, TomogramError
from cryoal.io.picks.read import read_picks
from cryoal.io.volumes.open import open_volume
from cryoal.within import is_within, keeping_to


def test_nobody_keeps_to_a_folder_unless_told(tmp_path: Path) -> None:
    assert is_within(Path("/etc/passwd"))
    with keeping_to(tmp_path):
        assert not is_within(Path("/etc/passwd"))
        with keeping_to(Path("/etc")):
            assert is_within(Path("/etc/passwd"))
        assert not is_within(Path("/etc/passwd"))
    assert is_within(Path("/etc/passwd"))


def test_tomograms_picks_and_outputs_elsewhere_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "a.star").write_text("data_\n")
    (folder / "a.star").symlink_to(tmp_path / "a.star")
    with keeping_to(folder):
        for path in (tmp_path / "a.star", folder / "a.star", folder / ".." / "a.star"):
            with pytest.raises(TomogramError, match="which leads out"):
                open_volume(path)
            with pytest.raises(PicksError, match="which leads out"):
                read_picks(path)
            with pytest.raises(OutputError, match="which leads out"):
                require_outside(path)
        copick = {
            "config_type": "filesystem",
            "pickable_objects": [],
            "overlay_root": f"{tmp_path}",
        }
        (folder / "copick.json").write_text(json.dumps({**copick, "static_root": f"{tmp_path}"}))
        with pytest.raises(PicksError, match="which leads out"):
            read_picks(folder / "copick.json")
        assert require_outside(folder / "new.star") == folder / "new.star"
