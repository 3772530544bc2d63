from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import Qt

from cryoal.napari_plugin.overviews import Known, known_of
from cryoal.napari_plugin.queue_page import QueuePage
from cryoal.review.where import Where
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cryoal.campaign import Campaign
    from cryoal.napari_plugin.opening import Request
    from cryoal.review.session import Session

# 36 boxes, the first 18 of the first tomogram: six of each class in turn, ever less sure
P = [[0.9 - 0.02 * i if c == i % 3 else (0.1 + 0.02 * i) / 2 for c in range(3)] for i in range(36)]


@pytest.fixture
def known(campaign: Campaign, session: Session) -> Known:
    """Ana has answered two boxes with ring."""
    write_predictions(campaign, P)
    session.answer("ring", [0, 1])
    known = known_of(campaign.path)
    assert isinstance(known, Known)
    return known


@pytest.fixture
def page(session: Session, known: Known, qtbot: QtBot) -> QueuePage:
    page = QueuePage()
    qtbot.addWidget(page)
    page.come(session, known)
    return page


def choose(page: QueuePage, which: str) -> None:
    items = [page.queues.item(n) for n in range(page.queues.count())]
    places = [item.data(Qt.ItemDataRole.UserRole) for item in items]
    page.queues.setCurrentRow(places.index(which))
    page.count()


def asked_of(page: QueuePage) -> Request:
    found: list[Request] = []
    page.asked.connect(found.append)
    page.start.click()
    return found[-1]


def numbers(page: QueuePage) -> dict[str, int]:
    items = [page.classes.item(n) for n in range(page.classes.count())]
    return {item.text().rpartition("  ")[0]: int(item.text().rpartition("  ")[2]) for item in items}


def test_every_value_of_a_filter_says_how_many_boxes_it_has(page: QueuePage, known: Known) -> None:
    choose(page, "all")
    boxes = known.boxes
    expected = {name: int((boxes.shown == n).sum()) for n, name in enumerate(boxes.classes)}
    assert numbers(page) == {**expected, "no class": 0}
    page.probability.set_value((0.5, 1.0))
    page.count()
    sure = boxes.probability >= np.float32(0.5)
    assert numbers(page)["rod"] == int((boxes.shown[sure] == 1).sum())
    assert page.number.text() == f"{sure.sum()} boxes"
    page.let_through()
    assert page.number.text() == "36 boxes"


def test_what_is_ticked_and_moved_is_what_is_asked_for(page: QueuePage) -> None:
    choose(page, "class:rod")
    page.tomograms.item(0).setCheckState(Qt.CheckState.Checked)
    page.answered.setCurrentIndex(2)
    page.doubt.low.setValue(0.25)
    page.order.setCurrentIndex(page.order.findData("surest"))
    page.most.setValue(12)
    wanted = asked_of(page)
    assert (wanted.which, wanted.order, wanted.most, wanted.mode) == (
        "class:rod", "surest", 12, "open",
    )  # fmt: skip
    assert wanted.where == Where(doubt=(0.25, 1.0), tomograms=("TS_01",), answered="no")


def test_keys_that_are_typed_go_before_the_list(page: QueuePage) -> None:
    page.keys.setText("TS_01/1, TS_02/3")
    wanted = asked_of(page)
    assert (wanted.which, wanted.keys) == ("keys", ("TS_01/1", "TS_02/3"))
    page.keys.setText("TS_01/777")
    page.count()
    assert "TS_01/777" in page.number.text()


def test_an_audit_has_no_filter_and_doubtful_labels_are_not_counted(page: QueuePage) -> None:
    page.probability.low.setValue(0.9)
    page.queues.addItem("audit  6")
    page.queues.item(page.queues.count() - 1).setData(Qt.ItemDataRole.UserRole, "audit")
    page.queues.setCurrentRow(page.queues.count() - 1)
    page.count()
    assert not page.filters.isEnabled()
    assert asked_of(page).where.is_everything
    choose(page, "suspicious")
    assert page.start.isEnabled()


def test_a_queue_that_has_no_boxes_cannot_be_chosen(page: QueuePage) -> None:
    items = {page.queues.item(n).text(): page.queues.item(n) for n in range(page.queues.count())}
    assert not items["flagged  0"].flags() & Qt.ItemFlag.ItemIsEnabled
    page.probability.set_value((0.999, 1.0))
    page.count()
    assert not page.start.isEnabled()


def test_labels_from_elsewhere_change_the_numbers_and_leave_the_choice(
    page: QueuePage, campaign: Campaign, session: Session
) -> None:
    choose(page, "class:ring")
    page.tomograms.item(1).setCheckState(Qt.CheckState.Checked)
    before = numbers(page)["rod"]
    session.answer("rod", [2, 3, 4, 5])
    again = known_of(campaign.path)
    assert isinstance(again, Known)
    page.show_known(again)
    assert page.which == "class:ring"
    assert page.tomograms.ticked == ("TS_02",)
    assert page.annotators.item(0).text().startswith("ana")
    page.let_through()
    choose(page, "all")
    assert numbers(page)["rod"] > before


def test_where_suggestions_are_hidden_nothing_tells_what_is_predicted(page: QueuePage) -> None:
    page.classes.item(0).setCheckState(Qt.CheckState.Checked)
    page.probability.low.setValue(0.5)
    page.suggestions.setCurrentIndex(page.suggestions.findData("blind"))
    names = [page.queues.item(n).text() for n in range(page.queues.count())]
    assert not any(name.startswith(("class ", "label may be wrong")) for name in names)
    for widget in (page.classes, page.probability, page.doubt):
        assert widget.isHidden()
    wanted = asked_of(page)
    assert (wanted.mode, wanted.where) == ("blind", Where())
    page.suggestions.setCurrentIndex(page.suggestions.findData("open"))
    assert not page.classes.isHidden()
