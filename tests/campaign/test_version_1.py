"""A campaign that was made before there were checks opens and goes on."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign.campaign import Campaign
from cryoal.campaign.checkup import check_up
from cryoal.campaign.cycle import select
from cryoal.campaign.export import export
from cryoal.campaign.model import current_team
from cryoal.campaign.report.gather import gather
from cryoal.campaign.status import describe
from cryoal.progress import SILENT
from tests.data.test_version_1 import CAMPAIGN

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def old(tmp_path: Path) -> Campaign:
    """Two cycles, eight labels of ana and one abstention of ben, made by cryoal at 55ae1e8."""
    with tarfile.open(CAMPAIGN) as archive:
        archive.extractall(tmp_path, filter="data")
    return Campaign.open(tmp_path / "campaign")


def test_it_is_read_as_it_was(old: Campaign) -> None:
    state = describe(old)
    assert (state.boxes, state.annotators) == (18, ["ana", "ben"])
    assert [(c["asked"], c["answered"]) for c in state.cycles] == [(6, 6), (3, 2)]
    assert (sum(state.labelled.values()), state.kept_for_measuring) == (8, 3)
    assert [stage.trained for stage in gather(old).stages][:2] == [False, True]
    assert current_team(old, progress=SILENT).report["trained"]


def test_nothing_in_it_is_amiss_and_its_parts_are_said_to_have_no_checks(old: Campaign) -> None:
    found = check_up(old.path)
    assert found.damaged == []
    assert [note.split("/")[-1] for note in found.notes] == [
        "part_0000 is of version 1: its boxes have no checks",
        "part_0001 is of version 1: its boxes have no checks",
    ]


def test_it_goes_on(old: Campaign, tmp_path: Path) -> None:
    keys = select(old, 2, strategy="margin").keys()
    old.record("ana", [(key, old.config.classes[0]) for key in keys])
    assert export(old, "csv", tmp_path / "out.csv") == 18
    assert [folder.name for folder in old.cycles()] == ["cycle_000", "cycle_001", "cycle_002"]
    assert check_up(old.path).damaged == []
