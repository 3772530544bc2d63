"""The end of a queue: what it came to, and how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.review.closing import Difference, closing, trend_lines
from tests.campaign.report.samples import write_cycle

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.review.conftest import Desk

    Press = Callable[..., None]


def test_the_card_at_the_end_says_what_was_answered_and_where_that_differs(
    desk: Desk, press: Press
) -> None:
    """Suggested are ring, rod, background, ring ... in turn."""
    desk.repeats = 0.0
    session = desk.sit()
    keys = [item.key for item in session.queue.items]
    desk.clock.time += 6.0
    press(session, "1")  # as suggested
    desk.clock.time += 2.0
    press(session, "1", "u", "s", "f", "3")
    found = closing(session)
    assert (found.n_boxes, found.n_open, found.n_flagged) == (30, 25, 1)
    assert (found.n_answered, found.n_unsure, found.n_skipped) == (3, 1, 1)
    assert found.by_class == {"ring": 2, "rod": 0, "background": 1}
    assert found.n_suggested == 3
    assert found.differs == (
        Difference(1, keys[1], "rod", "ring"),
        Difference(4, keys[4], "rod", "background"),
    )
    assert found.seconds == 8.0
    assert [step.name for step in found.next_steps] == ["select", "classify", "audit", "export"]


@pytest.mark.parametrize(("mode", "n_suggested"), [("open", 30), ("after", 30), ("blind", 0)])
def test_in_a_blind_sitting_the_end_tells_no_suggestion_either(
    desk: Desk, press: Press, mode: str, n_suggested: int
) -> None:
    desk.repeats = 0.0
    session = desk.sit(mode=mode)  # type: ignore[arg-type]
    press(session, "Ctrl+a", "1")
    found = closing(session)
    assert (found.n_suggested, len(found.differs)) == (n_suggested, 2 * n_suggested // 3)


def test_before_anything_was_learnt_there_is_no_trend(desk: Desk) -> None:
    assert trend_lines(desk.campaign) == ()


def test_the_trend_is_that_of_status_without_its_columns(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryoal.campaign.trend import Point, Trend

    trend = Trend([Point(10), Point(20, 10, 0.25)], None, "too early to say")
    monkeypatch.setattr("cryoal.review.closing.trend_of", lambda *_: trend)
    assert trend_lines(desk.campaign) == (
        "of 10, 20 labels; boxes of another class than before -, 25.0 %",
        "too early to say",
    )


def test_a_query_that_was_asked_meanwhile_is_what_comes_next(desk: Desk, press: Press) -> None:
    session = desk.sit()
    write_cycle(desk.campaign, 1, [(key, None) for key in desk.campaign.pool.keys[30:33]])
    press(session, "Ctrl+a", "1")
    assert session.message.endswith(f"next: cryoal review {desk.campaign.path}")
