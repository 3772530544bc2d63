"""Who holds a campaign, and what can be done with one that nobody may write to."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cryoal.browser.page import write_page
from cryoal.campaign.export import export
from cryoal.campaign.loop import simulate
from cryoal.campaign.predictions import classify
from cryoal.campaign.report import write_report
from cryoal.errors import CampaignBusyError, CampaignError, LockError
from cryoal.locks import locked
from cryoal.records import write_json
from cryoal.review.queue import make_queue
from cryoal.review.session import Session

if TYPE_CHECKING:
    from cryoal.campaign import Campaign
    from cryoal.testing.phantoms import PhantomFiles


def test_a_copied_campaign_is_held_by_nobody(campaign: Campaign) -> None:
    """Both files came along from another host, where it was held."""
    (campaign.path / ".lock").write_text("")
    owner = {"command": "select", "process": 1, "host": "elsewhere", "since": "2026"}
    write_json(campaign.path / ".lock.json", owner)
    with campaign.busy("select"):
        assert "elsewhere" not in (campaign.path / ".lock.json").read_text()
    assert not (campaign.path / ".lock.json").exists()


@pytest.mark.parametrize("told", [None, "{", "{}"])
def test_a_holder_that_has_not_said_who_it_is_is_no_question_mark(
    campaign: Campaign, told: str | None
) -> None:
    with locked(campaign.path / ".lock"):
        if told is not None:
            (campaign.path / ".lock.json").write_text(told)
        with pytest.raises(CampaignBusyError) as said, campaign.busy("select"):
            pass
    assert "held by another process" in str(said.value)
    assert str(campaign.path / ".lock") in str(said.value)
    assert "?" not in str(said.value)


def test_a_disk_without_locks_is_named_and_nothing_is_written(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("cryoal.locks.flock", no_locks)
    with pytest.raises(LockError, match="No locks available") as said, campaign.busy("select"):
        pytest.fail("held without a lock")
    assert str(campaign.path / ".lock") in str(said.value)
    assert not (campaign.path / ".lock.json").exists()


def forbid_writing(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing can be written to the campaign, also where the tests run as root."""
    really = os.access

    def access(path: Path, mode: int) -> bool:
        return really(path, mode) and not (mode & os.W_OK and Path(path) == campaign.path)

    def lock(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", ".lock")

    monkeypatch.setattr(os, "access", access)
    monkeypatch.setattr("cryoal.campaign.campaign.locked", lock)
    monkeypatch.setattr("cryoal.campaign.outputs.locked", lock)
    monkeypatch.setattr("cryoal.data.journal.locked", lock)


@pytest.fixture
def read_only(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A campaign that cannot be written to."""
    forbid_writing(campaign, monkeypatch)
    return campaign


def test_who_only_reads_needs_no_lock(read_only: Campaign) -> None:
    with read_only.busy("export", may_only_read=True):
        pass
    with (
        pytest.raises(
            CampaignError, match=r"can be written to, found .* read-only: work on a copy"
        ),
        read_only.busy("select"),
    ):
        pytest.fail("held what cannot be held")


def test_what_is_not_current_is_not_made_where_nothing_can_be_written(
    read_only: Campaign, tmp_path: Path
) -> None:
    with pytest.raises(CampaignError, match="classify a copy of it"):
        export(read_only, "csv", tmp_path / "out.csv")


def test_what_is_current_is_exported_reported_and_shown_where_nothing_can_be_written(
    campaign: Campaign, phantoms: PhantomFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate(campaign, phantoms.truth, cycles=1, m=15)
    classify(campaign)
    before = {p: p.read_bytes() for p in campaign.path.rglob("*") if p.is_file()}
    forbid_writing(campaign, monkeypatch)
    opened = type(campaign).open(campaign.path)
    out = tmp_path / "out"
    with opened.busy("export", may_only_read=True):
        assert export(opened, "csv", out / "particles.csv") == len(opened.pool)
    write_report(opened, out / "report.html")
    write_page(opened, make_queue(opened, "ana"), out / "review.html", annotator="ana", blind=False)
    written = {p.name for p in out.iterdir() if p.stat().st_size}
    assert written == {"particles.csv", "report.html", "review.html"}
    assert {p: p.read_bytes() for p in campaign.path.rglob("*") if p.is_file()} == before


@pytest.mark.usefixtures("asked")
def test_a_key_in_a_review_of_what_cannot_be_written_to_is_answered_in_a_line(
    read_only: Campaign,
) -> None:
    """The session of napari and of a page; nothing is taken as recorded."""
    session = Session(read_only, make_queue(read_only, "ana"), "ana", interface="napari")
    assert session.press("1") == "error"
    assert session.message.startswith("not recorded: ")
    assert "Read-only file system" in session.message
    assert "\n" not in session.message
    assert session.shown(0).status == "open"
    assert read_only.labels.answers() == []
