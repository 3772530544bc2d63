"""Queues of somebody's choice take from the audit what they pass over, as they are answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign.audit import audit_now, members
from cryoal.campaign.audit_draw import draw_audit
from cryoal.campaign.audit_file import FILE
from cryoal.review.intake import read_saved, take_in, take_in_saved
from cryoal.review.passing import passed_by
from cryoal.review.queue import Queue, make_queue
from cryoal.review.session import Session
from cryoal.review.which import Which

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryoal.campaign import Campaign

    Press = Callable[..., None]


@pytest.fixture
def sitting(campaign: Campaign) -> Session:
    """At all boxes but six of the audit."""
    drawn = draw_audit(campaign, 6).keys
    queue = make_queue(campaign, "ana", which="all", order="tomogram")
    assert sorted(key for _, key in queue.passed) == sorted(drawn)
    return Session(campaign, queue, "ana", interface="test")


def test_what_stands_before_the_last_answer_is_passed(campaign: Campaign) -> None:
    items = make_queue(campaign, "ana", which="all", order="tomogram").items[:4]
    passed = ((0, "a"), (2, "b"), (2, "c"), (3, "d"), (4, "e"))
    queue = Queue("all", Which("all"), "tomogram", items, 4, passed=passed)
    assert passed_by(queue, []) == []
    assert passed_by(queue, [0]) == ["a"]
    assert passed_by(queue, [2, 0]) == ["a", "b", "c"]
    assert passed_by(queue, [3]) == ["a", "b", "c", "d", "e"]  # the last: nothing is left


def test_boxes_leave_the_audit_when_those_behind_them_are_answered(
    sitting: Session, campaign: Campaign, press: Press
) -> None:
    (first, key), *_ = sitting.queue.passed
    assert first < len(sitting.queue.items) - 1
    sitting.go(first)
    press(sitting, "s", "f", "ArrowRight", "Home")
    assert key in members(campaign)
    sitting.go(first)
    press(sitting, "1")
    assert key not in members(campaign)
    n = sum(before <= first for before, _ in sitting.queue.passed)
    assert sitting.n_passed == n
    press(sitting, "z")  # who undoes it has seen the others all the same
    assert key not in members(campaign)
    sitting.go(len(sitting.queue.items) - 1)
    press(sitting, "1")
    assert not members(campaign)
    assert sitting.n_passed == 6
    found = audit_now(campaign)
    assert found is None or not found.keys


def test_an_audit_that_cannot_be_written_takes_no_answer(
    sitting: Session, campaign: Campaign, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (campaign.path / FILE).read_bytes()
    sitting.go(len(sitting.queue.items) - 1)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("cryoal.campaign.audit_passed.change_audit", full)
        assert sitting.press("1") == "error"
    assert sitting.message == "not recorded: [Errno 28] No space left on device"
    assert (campaign.path / FILE).read_bytes() == before
    press(sitting, "1")
    assert not members(campaign)


def test_pages_tell_what_they_passed(sitting: Session, campaign: Campaign, tmp_path: Path) -> None:
    one, two, *others = [key for _, key in sitting.queue.passed]
    time = "2026-01-01T00:00:00.000Z"
    key = sitting.queue.items[3].key
    line = {"key": key, "label": "rod", "time": time, "press": "aa-1"}
    take_in(campaign, "ana", [line], source="the browser", passed=[one])
    assert set(members(campaign)) == {two, *others}
    file = tmp_path / "saved.json"
    facts = {
        "format": "cryoal-review", "version": 1, "campaign": campaign.identity, "annotator": "ana",
        "queue": "all", "new_classes": [], "events": [line], "passed": [one, two],
    }  # fmt: skip
    file.write_text(json.dumps(facts))
    take_in_saved(campaign, read_saved(file), "ana")
    assert set(members(campaign)) == set(others)
