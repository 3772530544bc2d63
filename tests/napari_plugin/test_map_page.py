from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import map as campaign_map
from cryoal.campaign.audit_draw import draw_audit
from cryoal.campaign.map import Map
from cryoal.campaign.overview import Overview
from cryoal.marks import OPEN
from cryoal.napari_plugin import map_page
from cryoal.napari_plugin.map_colours import colouring_of
from cryoal.napari_plugin.map_page import MapPage
from cryoal.napari_plugin.overviews import Known, known_of
from cryoal.napari_plugin.point_cloud import argb
from cryoal.review.queue import make_queue
from cryoal.review.where import Where
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from cryoal.campaign import Campaign
    from cryoal.napari_plugin.opening import Request
    from cryoal.review.session import Session

ALL = 36


@pytest.fixture
def known(campaign: Campaign, session: Session) -> Known:
    """Every third box of a class; Ana has answered two boxes of her queue."""
    p = [[0.8 if c == i % 3 else 0.1 for c in range(3)] for i in range(ALL)]
    write_predictions(campaign, p)
    session.answer("ring", [0, 1])
    known = known_of(campaign.path)
    assert isinstance(known, Known)
    return known


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Map:
    """A map of all boxes but the first, in rows of six."""
    rows = np.arange(1, ALL)
    xy = np.stack([rows % 6 / 5, rows // 6 / 5], axis=1).astype(np.float32)
    made = Map(rows, xy, "descriptors", ALL, is_current=True)
    monkeypatch.setattr(map_page, "read_map", lambda _: made)
    return made


@pytest.fixture
def page(session: Session, known: Known, drawn: Map, qtbot: QtBot) -> MapPage:
    page = MapPage()
    qtbot.addWidget(page)
    page.come(session, known)
    return page


def asked_of(page: MapPage) -> list[Request]:
    found: list[Request] = []
    page.asked.connect(found.append)
    return found


def test_a_lasso_asks_for_the_boxes_inside_that_have_no_answer_all_selected(
    page: MapPage, known: Known, session: Session, drawn: Map
) -> None:
    found = asked_of(page)
    answered = [session.queue.items[n].row for n in (0, 1)]
    points = np.array([3, 4, 5, *(row - 1 for row in answered if row > 0)])
    page.view.lassoed.emit(points)
    wanted = dict.fromkeys(int(drawn.rows[p]) for p in points)
    keys = [str(known.boxes.keys[row]) for row in wanted if row not in answered]
    assert list(found[0].keys) == keys
    assert (found[0].which, found[0].selects_all) == ("keys", True)
    assert found[0].where == Where(answered="no")
    page.only_open.setChecked(False)
    page.view.lassoed.emit(points)
    assert len(found[1].keys) == len(points)


def test_boxes_of_an_audit_in_a_lasso_are_not_shown_and_leave_it(
    page: MapPage, session: Session, drawn: Map
) -> None:
    campaign = session.campaign
    held = draw_audit(campaign, 6).keys
    known = known_of(campaign.path)
    assert isinstance(known, Known)
    page.show_known(known)
    found, said = asked_of(page), list[str]()
    page.said.connect(said.append)
    page.view.lassoed.emit(np.arange(len(drawn.rows)))
    queue = make_queue(campaign, "ana", which="keys", keys=found[0].keys, most=found[0].most)
    inside = {key for key in held if known.boxes.keys.tolist().index(key) > 0}
    assert {key for _, key in queue.passed} == inside
    assert not {item.key for item in queue.items} & {*held}
    row = next(row for row in np.flatnonzero(known.boxes.is_audit).tolist() if row > 0)
    page.view.lassoed.emit(np.array([row - 1]))
    assert len(found) == 1
    assert said == ["1 point, none without an answer outside of an audit"]


def test_a_lasso_of_answered_boxes_alone_says_so(page: MapPage, session: Session) -> None:
    found, said = asked_of(page), []
    page.said.connect(said.append)
    row = next(item.row for item in session.queue.items[:2] if item.row)
    page.view.lassoed.emit(np.array([row - 1]))
    assert found == []
    assert said == ["1 point, none without an answer outside of an audit"]


def test_the_box_in_front_is_ringed_and_a_point_shows_its_card(
    page: MapPage, session: Session, known: Known
) -> None:
    front = session.queue.items[session.position].row
    assert page.view.current == front - 1
    assert page.card.rows.tolist() == [front]
    page.view.picked.emit(20)
    assert page.card.rows.tolist() == [21]
    went, found = [], asked_of(page)
    page.went.connect(went.append)
    numbers = {item.row: n for n, item in enumerate(session.queue.items) if not item.repeat}
    page.view.picked.emit(front - 1)
    page.open_box.click()
    assert went == [numbers[front]]
    outside = next(row for row in range(1, ALL) if row not in numbers)
    page.view.picked.emit(outside - 1)
    page.open_box.click()
    page.like.click()
    key = str(known.boxes.keys[outside])
    assert [(r.which, r.keys, r.like) for r in found] == [
        ("keys", (key,), ()), ("query", (), (key,)),
    ]  # fmt: skip


def test_a_box_that_is_not_on_the_map_is_told(
    page: MapPage, known: Known, sit: Callable[..., Session]
) -> None:
    again = sit()
    number = next(n for n, item in enumerate(again.queue.items) if item.row == 0)
    again.go(number)
    page.come(again, known)
    assert page.view.current is None
    assert "the box in front is not on it" in page.said_of.text()


def test_without_a_map_a_button_starts_the_command(
    session: Session, known: Known, qtbot: QtBot
) -> None:
    assert campaign_map.read_map(known.campaign) is None
    page = MapPage()
    qtbot.addWidget(page)
    ordered: list[tuple[str, ...]] = []
    page.ordered.connect(ordered.append)
    page.come(session, known)
    assert not page.make.isHidden()
    page.make.click()
    assert ordered == [("map",)]


@pytest.fixture
def boxes() -> Overview:
    """Six boxes of two classes: two labelled, one of the audit, one of no class."""
    return Overview(
        classes=("a", "b"),
        keys=np.array([f"t/{n}" for n in range(6)], dtype=object),
        shown=np.array([0, 1, 0, 1, -1, 1], np.int16),
        label=np.array([0, 1, -1, -1, -1, -1], np.int16),
        is_answered=np.array([True, True, False, False, False, False]),
        predicted=np.array([1, 1, 0, 1, -1, 1], np.int16),
        probability=np.array([0.9, 0.6, 0.7, 0.8, np.nan, 0.9], np.float32),
        doubt=np.array([0.0, 0.39, 0.41, 1.0, np.nan, 0.5], np.float32),
        tomogram=np.array([0, 0, 0, 1, 1, 1], np.int32),
        tomogram_names=("t", "u"),
        answered_by={},
        is_held=np.array([False, False, False, False, False, True]),
        is_audit=np.array([False, False, False, False, False, True]),
        told=None,
    )


@pytest.mark.parametrize(
    ("by", "is_blind", "expected"),
    [
        ("class", False, [0, 1, 0, 1, -1, -1]),
        ("label", False, [0, 1, -1, -1, -1, -1]),
        ("class", True, [0, 1, -1, -1, -1, -1]),
        ("doubt", False, [0, 1, 2, 4, -1, -1]),
        ("doubt", True, [-1] * 6),
        ("tomogram", True, [0, 0, 0, 1, 1, 1]),
    ],
)
def test_points_are_coloured_by_what_may_be_told_of_them(
    boxes: Overview, known: Known, by: str, is_blind: bool, expected: list[int]
) -> None:
    marks = dict(zip("ab", known.marks.values(), strict=False))
    found = colouring_of(boxes, np.arange(6), by, marks, is_blind=is_blind)
    assert found.kind.tolist() == expected
    grey = found.colour == argb(OPEN.colour)
    assert grey.tolist() == [kind < 0 for kind in expected]
