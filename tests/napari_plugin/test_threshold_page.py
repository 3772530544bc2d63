from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign.threshold import Side
from cryoal.estimate.audit import Estimate
from cryoal.napari_plugin.overviews import Known, known_of
from cryoal.napari_plugin.threshold_page import LESS, ThresholdPage, said_of
from cryoal.review.where import Where
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from cryoal.campaign import Campaign
    from cryoal.napari_plugin.opening import Request
    from cryoal.review.session import Session


@pytest.fixture
def known(campaign: Campaign) -> Known:
    """Boxes 0, 3, 6 ... are ring, ever surer: 0.50, 0.53, 0.56 ... 0.83."""
    p = [0.5 + 0.01 * row for row in range(36)]
    posterior = [[p[r] if c == r % 3 else (1 - p[r]) / 2 for c in range(3)] for r in range(36)]
    write_predictions(campaign, posterior)
    known = known_of(campaign.path)
    assert isinstance(known, Known)
    return known


@pytest.fixture
def page(session: Session, known: Known, qtbot: QtBot) -> ThresholdPage:
    page = ThresholdPage()
    qtbot.addWidget(page)
    page.come(session, known)
    qtbot.waitUntil(page.slider.isEnabled, timeout=10_000)
    return page


def test_the_slider_says_how_many_boxes_are_left_and_shows_those_at_the_line(
    page: ThresholdPage, qtbot: QtBot
) -> None:
    page.slider.setValue(600)
    assert page.value.value() == 0.6
    qtbot.waitUntil(lambda: page.number.text().startswith("8 ring at 0.600 or more; 4 below"))
    assert page.above.rows[:3].tolist() == [12, 15, 18]
    assert page.below.rows.tolist() == [9, 6, 3, 0]
    page.value.setValue(0.825)
    assert page.slider.value() == 825
    qtbot.waitUntil(lambda: page.number.text().startswith("1 ring"))


def test_each_side_can_be_reviewed_and_a_card_put_in_front(
    page: ThresholdPage, known: Known, qtbot: QtBot
) -> None:
    page.name.setCurrentIndex(1)
    page.slider.setValue(700)
    page.show_side()
    found: list[Request] = []
    page.asked.connect(found.append)
    page.see_above.click()
    page.see_below.click()
    page.above.picked.emit(22)
    assert [(r.which, r.order, r.where) for r in found[:2]] == [
        ("class:rod", "least", Where(probability=(0.7, 1.0), answered="no")),
        ("class:rod", "surest", Where(probability=(0.0, 0.7 - LESS), answered="no")),
    ]
    assert found[2].keys == (str(known.boxes.keys[22]),)
    assert not page.draw.isHidden()  # nobody has drawn an audit
    page.draw.click()
    assert (found[3].which, found[3].draw) == ("audit", 60)


def test_without_a_classification_or_with_hidden_suggestions_it_says_what_is_missing(
    session: Session, sit: Callable[..., Session], known: Known, campaign: Campaign, qtbot: QtBot
) -> None:
    page = ThresholdPage()
    qtbot.addWidget(page)
    page.come(sit(blind=True), known)
    assert "suggestions are hidden" in page.number.text()
    assert not page.slider.isEnabled()
    assert len(page.above.rows) == 0
    (campaign.path / "predictions.csv").unlink()
    nothing = known_of(campaign.path)
    assert isinstance(nothing, Known)
    page.come(session, nothing)
    assert "cryoal classify" in page.number.text()
    assert not page.slider.isEnabled()


def test_one_class_alone_predicted_has_a_threshold_and_the_others_nothing(
    session: Session, campaign: Campaign, qtbot: QtBot
) -> None:
    write_predictions(campaign, [[0.9, 0.05, 0.05]] * 36)
    known = known_of(campaign.path)
    assert isinstance(known, Known)
    page = ThresholdPage()
    qtbot.addWidget(page)
    page.come(session, known)
    qtbot.waitUntil(page.slider.isEnabled, timeout=10_000)
    page.slider.setValue(950)
    page.show_side()
    assert page.number.text().startswith("0 ring at 0.950 or more; 36 below")
    page.name.setCurrentIndex(2)
    assert page.number.text().startswith("0 background at 0.950 or more; 0 below")
    assert not page.see_above.isEnabled()
    assert not page.see_below.isEnabled()


def test_what_the_audit_says_is_told_with_its_range() -> None:
    rows = np.empty(0, np.int64)
    right = Estimate(0.914, 0.82, 0.97, 40)
    found = Estimate(0.75, 0.6, 0.9, 40)
    side = Side("wall", 0.8, 10, 5, 0, right, found, "", rows, rows)
    assert said_of(side) == (
        "by the audit of these 91% (82% to 97%) are right; they are 75% (60% to 90%) of all wall"
    )
    assert said_of(Side("wall", 0.8, 10, 5, 0, None, None, "no audit yet", rows, rows)) == (
        "no audit yet"
    )
