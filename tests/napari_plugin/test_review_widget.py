from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QToolButton

from cryoal.data.events import Answer, Flag, Recall, Skip
from cryoal.napari_plugin.opening import Request
from cryoal.napari_plugin.review_widget import ReviewWidget
from cryoal.review.keys import SHEET
from tests.napari_plugin.conftest import has_keyboard

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from cryoal.campaign import Campaign
    from cryoal.data.events import Event
    from cryoal.review.session import Session

    Journal: TypeAlias = Callable[[], list[Event]]

K = Qt.Key
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def test_a_digit_labels_the_box_in_front_and_the_next_one_comes(
    review: ReviewWidget, qtbot: QtBot, asked: list[str], journal: Journal
) -> None:
    qtbot.keyClick(review, "1")
    qtbot.keyClick(review, "2")
    answers = [(e.key, e.label) for e in journal() if isinstance(e, Answer)]
    assert answers == [(asked[0], "ring"), (asked[1], "rod")]
    assert review.session.position == 2
    assert asked[1] in review.head.message.text()
    assert "2 of" in review.head.progress.text()


def test_undo_goes_back_and_redo_forth(
    review: ReviewWidget, qtbot: QtBot, journal: Journal
) -> None:
    for key in "12":
        qtbot.keyClick(review, key)
    qtbot.keyClick(review, "z")
    qtbot.keyClick(review, K.Key_Z, CTRL)
    assert review.session.position == 0
    assert review.session.shown(0).status == "open"
    qtbot.keyClick(review, K.Key_Z, SHIFT)
    qtbot.keyClick(review, K.Key_Y, CTRL)
    assert [review.session.shown(n).label for n in (0, 1)] == ["ring", "rod"]
    assert sum(isinstance(event, Recall) for event in journal()) == 4


def test_shift_and_an_arrow_select_several_boxes_for_one_key(
    review: ReviewWidget, qtbot: QtBot, asked: list[str], journal: Journal
) -> None:
    qtbot.keyClick(review, K.Key_Right, SHIFT)
    qtbot.keyClick(review, K.Key_Right, SHIFT)
    qtbot.keyClick(review, "3")
    answers = [event for event in journal() if isinstance(event, Answer)]
    assert [a.key for a in answers] == asked[:3]
    assert {(a.label, a.press) for a in answers} == {("background", answers[0].press)}


def test_arrows_follow_the_columns_of_the_gallery(review: ReviewWidget, qtbot: QtBot) -> None:
    columns, page = review.gallery.grid.columns, review.gallery.grid.page
    assert columns > 1
    qtbot.keyClick(review, K.Key_Down)
    assert review.session.position == columns
    qtbot.keyClick(review, K.Key_Up)
    qtbot.keyClick(review, K.Key_PageDown)
    assert review.session.position == page
    assert review.gallery.page.start == page


def test_skip_junk_unsure_flag_and_enter_each_leave_their_line(
    review: ReviewWidget, qtbot: QtBot, asked: list[str], journal: Journal
) -> None:
    qtbot.keyClick(review, "f")
    for key in ("s", "j", "u", K.Key_Return, K.Key_Space):
        qtbot.keyClick(review, key)
    flag, skip, junk, unsure, accepted, space = journal()
    assert flag == Flag(asked[0], True, "ana", flag.time, flag.press)
    assert isinstance(skip, Skip)
    assert (junk.key, junk.label) == (asked[1], "background")
    assert (unsure.key, unsure.label) == (asked[2], None)
    assert (accepted.key, accepted.label, accepted.shown) == (asked[3], "ring", "ring")
    assert isinstance(space, Skip)
    assert review.session.classes == ("ring", "rod", "background")  # which is there for junk


def test_a_key_that_is_held_down_answers_once(
    review: ReviewWidget, qtbot: QtBot, journal: Journal
) -> None:
    for again in (False, True, True):
        for key, text in ((K.Key_1, "1"), (K.Key_Right, "")):
            press = QKeyEvent(
                QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text, again
            )
            QApplication.sendEvent(review, press)
    assert len(journal()) == 1
    assert review.session.position == 4  # one box answered, then three to the right


def test_a_new_class_is_typed_in_a_line_that_has_the_keyboard(
    review: ReviewWidget, qtbot: QtBot, asked: list[str], journal: Journal
) -> None:
    qtbot.keyClick(review, "n")
    line = review.name_line
    qtbot.waitUntil(lambda: has_keyboard(line))
    for text in ("1", "2", " ", "z"):
        qtbot.keyClick(line, text)
    assert journal() == []
    qtbot.keyClick(line, K.Key_Return)
    qtbot.waitUntil(lambda: has_keyboard(review))
    assert [(e.key, e.label) for e in journal()] == [(asked[0], "12 z")]
    assert "12 z" in review.session.classes
    assert any("12 z" in button.text() for button in review.findChildren(QToolButton))


@pytest.mark.parametrize("key", [K.Key_Escape, K.Key_Tab])
def test_the_line_for_a_new_class_closes_without_an_answer(
    review: ReviewWidget, qtbot: QtBot, journal: Journal, key: Qt.Key
) -> None:
    qtbot.keyClick(review, "n")
    qtbot.keyClicks(review.name_line, "tube")
    qtbot.keyClick(review.name_line, key)
    qtbot.waitUntil(lambda: has_keyboard(review))
    assert review.name_line.isHidden()
    assert journal() == []


def test_a_name_that_no_class_can_have_is_refused_in_one_line(
    review: ReviewWidget, qtbot: QtBot, journal: Journal
) -> None:
    qtbot.keyClick(review, "n")
    qtbot.keyClicks(review.name_line, "ring, thin")
    qtbot.keyClick(review.name_line, K.Key_Return)
    assert review.head.message.text().startswith("not recorded: expected classes")
    assert journal() == []


def test_tab_does_not_carry_the_keyboard_away(review: ReviewWidget, qtbot: QtBot) -> None:
    qtbot.keyClick(review, K.Key_Tab)
    qtbot.keyClick(review, K.Key_Backtab, SHIFT)
    assert has_keyboard(review)
    buttons = review.findChildren(QToolButton)
    assert buttons
    assert all(button.focusPolicy() == Qt.FocusPolicy.NoFocus for button in buttons)


def test_the_sheet_tells_every_key_and_esc_puts_it_away(review: ReviewWidget, qtbot: QtBot) -> None:
    qtbot.keyClick(review, "?")
    assert review.sheet.isVisible()
    text = review.sheet._text.text()
    assert all(binding.shown in text for binding in SHEET)
    assert "class ring" in text
    qtbot.keyClick(review, K.Key_Escape)
    assert not review.sheet.isVisible()


def test_the_mouse_selects_extends_and_opens(review: ReviewWidget, qtbot: QtBot) -> None:
    def middle(place: int) -> QPoint:
        grid = review.gallery.grid
        left, top = grid.corner(place)
        return QPoint(left + grid.card_width // 2, top + grid.card_height // 2)

    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(review.gallery, left, pos=middle(4))
    assert review.session.position == 4
    qtbot.mouseClick(review.gallery, left, SHIFT, pos=middle(6))
    assert list(review.session.selection) == [4, 5, 6]
    qtbot.mouseDClick(review.gallery, left, pos=middle(2))
    assert not review.gallery.isVisible()
    assert review.focus_card.isVisible()
    qtbot.keyClick(review, K.Key_Escape)
    assert review.gallery.isVisible()


def test_every_class_has_a_button_that_labels_and_leaves_the_keyboard(
    review: ReviewWidget, qtbot: QtBot, journal: Journal
) -> None:
    named = {button.text(): button for button in review.findChildren(QToolButton)}
    qtbot.mouseClick(named["2  rod"], Qt.MouseButton.LeftButton)
    assert [event.label for event in journal()] == ["rod"]
    assert has_keyboard(review)
    assert all(button.accessibleName() for button in named.values())


def test_a_class_beyond_the_last_key_has_a_button(
    review: ReviewWidget, qtbot: QtBot, journal: Journal
) -> None:
    for number in range(30):
        review.session.add_class(f"kind {number}")
    review.refresh()
    without = [b for b in review.findChildren(QToolButton) if b.text() == "kind 29"]
    qtbot.mouseClick(without[0], Qt.MouseButton.LeftButton)
    assert journal()[-1].label == "kind 29"


def test_the_wheel_and_the_keys_go_through_the_box(review: ReviewWidget, qtbot: QtBot) -> None:
    before = review.focus_card.look.slabs
    qtbot.keyClick(review, ".")
    assert review.view.depth == 1
    assert (review.focus_card.look.slabs != before).any()
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(review.focus_card, wheel)
    assert review.view.depth == 3
    for _ in range(20):
        qtbot.keyClick(review, ",")
    assert review.view.depth == -review.session.campaign.pool.box // 2
    qtbot.keyClick(review, K.Key_Right)
    assert review.view.depth == 0


def test_low_pass_and_invert_change_every_card(review: ReviewWidget, qtbot: QtBot) -> None:
    plain = review.gallery.cards(range(1))[0].slabs
    qtbot.keyClick(review, "i")
    assert (review.gallery.cards(range(1))[0].slabs == 255 - plain).all()
    qtbot.keyClick(review, "i")
    seen = []
    for _ in range(4):
        qtbot.keyClick(review, "l")
        seen.append(review.gallery.cards(range(1))[0].slabs.std())
    assert seen[0] > seen[1] > seen[2]
    assert (review.gallery.cards(range(1))[0].slabs == plain).all()


def test_a_key_of_nothing_says_so(review: ReviewWidget, qtbot: QtBot, journal: Journal) -> None:
    qtbot.keyClick(review, "8")
    assert "? shows the keys" in review.head.message.text()
    assert journal() == []


def test_a_press_that_cannot_be_written_changes_nothing_and_says_why(
    review: ReviewWidget, qtbot: QtBot, campaign: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cryoal.data.journal.Journal._append", full)
    qtbot.keyClick(review, "1")
    assert "No space left" in review.head.message.text()
    assert review.session.position == 0
    monkeypatch.undo()
    qtbot.keyClick(review, "1")
    assert review.session.shown(0).label == "ring"


def test_without_a_viewer_the_tomogram_key_says_so(review: ReviewWidget, qtbot: QtBot) -> None:
    qtbot.keyClick(review, "g")
    assert "napari viewer" in review.head.message.text()
    qtbot.keyClick(review, "b")


def test_boxes_that_cannot_be_read_are_told_where_the_cards_would_be(
    review: ReviewWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryoal.errors import PoolError

    def broken(_: object) -> None:
        raise PoolError("expected shard 0, found none")

    monkeypatch.setattr(review.cards.boxes, "get", broken)
    review.gallery.repaint()
    qtbot.keyClick(review, K.Key_Right)
    assert "expected shard 0" in review.head.message.text()


def test_a_sitting_opened_again_goes_on_where_the_last_one_stopped(
    review: ReviewWidget, qtbot: QtBot, sit: Callable[..., object]
) -> None:
    for key in "123s1":
        qtbot.keyClick(review, key)
    review.close()
    again = sit()
    assert again.position == 5
    assert [again.shown(n).status for n in range(5)] == ["answered"] * 3 + ["skipped", "answered"]


def test_a_review_without_the_keyboard_says_where_to_click(
    review: ReviewWidget, qtbot: QtBot
) -> None:
    qtbot.keyClick(review, "1")
    left = QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.MouseFocusReason)
    QApplication.sendEvent(review, left)
    assert (
        review.head.message.text()
        == "the keyboard is with napari: click here to go on with the review"
    )
    QApplication.sendEvent(review, QFocusEvent(QEvent.Type.FocusIn))
    assert "ring" in review.head.message.text()


def test_a_click_away_closes_the_line_for_a_new_class(review: ReviewWidget, qtbot: QtBot) -> None:
    qtbot.keyClick(review, "n")
    assert has_keyboard(review.name_line)
    qtbot.mouseClick(review.gallery, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert review.name_line.isHidden()
    assert has_keyboard(review)


def test_after_the_last_box_no_card_is_marked_and_no_key_answers(
    review: ReviewWidget, qtbot: QtBot, journal: Journal
) -> None:
    session = review.session
    session.go(len(session.queue.items) - 1, extend=True)
    qtbot.keyClick(review, "1")  # all of them with one key
    before = len(journal())
    for key in "2unj":
        qtbot.keyClick(review, key)
        assert "next: cryoal select " in review.head.message.text()
        assert review.name_line.isHidden()
    button = next(b for b in review.findChildren(QToolButton) if "rod" in b.text())
    button.click()
    assert len(journal()) == before
    cards = review.gallery.cards(review.gallery.page)
    assert not any(card.is_selected or card.is_in_front for card in cards)
    qtbot.keyClick(review, K.Key_Left)
    cards = review.gallery.cards(review.gallery.page)
    assert sum(card.is_selected for card in cards) == 1


def test_another_queue_takes_the_place_of_this_one_and_nothing_is_lost(
    review: ReviewWidget, qtbot: QtBot, journal: Journal
) -> None:
    first = [item.key for item in review.session.queue.items[:3]]
    qtbot.keyClick(review, "1")
    before = review.session
    review.open(Request("keys", keys=(first[2], first[1])))
    qtbot.waitUntil(lambda: review.session is not before, timeout=10_000)
    assert [item.key for item in review.session.queue.items] == [first[2], first[1]]
    qtbot.keyClick(review, "2")
    assert [(e.key, e.label) for e in journal()] == [(first[0], "ring"), (first[2], "rod")]
    assert "1 of 2" in review.head.progress.text()
    review.open(Request("query"))
    qtbot.waitUntil(lambda: review.session.queue.kind == "query", timeout=10_000)
    shown = [review.session.shown(n).label for n in range(len(review.session.queue.items))]
    assert sorted(filter(None, shown)) == ["ring", "rod"]


def test_a_queue_that_cannot_be_opened_leaves_the_one_that_is_there(
    review: ReviewWidget, qtbot: QtBot
) -> None:
    before = review.session
    review.open(Request("flagged"))
    qtbot.waitUntil(lambda: "found none" in review.head.message.text(), timeout=10_000)
    assert review.session is before
    qtbot.keyClick(review, "1")
    assert review.session.shown(0).label == "ring"


def test_a_cluster_is_selected_whole_and_one_key_is_about_all_of_it(
    review: ReviewWidget, qtbot: QtBot, journal: Journal, campaign: Campaign
) -> None:
    keys = tuple(campaign.pool.keys[:7].tolist())
    review.open(Request("keys", keys=keys, selects_all=True))
    qtbot.waitUntil(lambda: len(review.session.queue.items) == 7, timeout=10_000)
    assert "7 boxes, all selected" in review.head.message.text()
    qtbot.keyClick(review, "j")
    junk = review.session.junk_class
    assert [(event.key, event.label) for event in journal()] == [(key, junk) for key in keys]
    qtbot.keyClick(review, "z")
    assert [review.session.shown(n).status for n in range(7)] == ["open"] * 7


def test_keys_turn_pages_and_answer_only_where_the_cards_are(
    review: ReviewWidget, qtbot: QtBot, journal: Journal
) -> None:
    qtbot.keyClick(review, K.Key_Q, SHIFT)
    assert review.pages.name == "queues"
    page = review.pages.made["queues"]
    qtbot.waitUntil(lambda: page.queues.count() > 0, timeout=10_000)
    for key in "12j":
        qtbot.keyClick(page.queues, key)
        qtbot.keyClick(page.classes, key)
    assert journal() == []
    qtbot.keyClick(page.queues, K.Key_R, SHIFT)
    assert review.pages.name == "rounds"
    qtbot.keyClick(review.pages.made["rounds"], K.Key_Escape)
    assert review.pages.name == "cards"
    assert has_keyboard(review)
    qtbot.keyClick(review, "1")
    assert len(journal()) == 1


def test_the_last_answer_shows_how_far_it_is_and_undo_leads_back(
    review: ReviewWidget, qtbot: QtBot, campaign: Campaign
) -> None:
    n = len(review.session.queue.items)
    qtbot.keyClick(review, K.Key_A, CTRL)
    assert len(review.session.selection) == n
    qtbot.keyClick(review, "1")
    assert review.pages.name == "rounds"
    page = review.pages.made["rounds"]
    assert page.told.text().startswith(f"Every box has an answer.\nring {n}")
    qtbot.waitUntil(lambda: page.buttons["export"].toolTip() != "", timeout=10_000)
    assert not page.buttons["classify"].isEnabled()  # one class alone
    assert has_keyboard(review)
    for _ in range(3):  # Tab leads to the buttons
        qtbot.keyClick(review.window().focusWidget(), K.Key_Tab)
        assert page.isAncestorOf(review.window().focusWidget())
    qtbot.keyClick(review.window().focusWidget(), K.Key_Escape)
    assert review.pages.name == "cards"
    qtbot.keyClick(review, K.Key_R, SHIFT)
    review.setFocus()
    assert "expected" in page.why["classify"].text()
    qtbot.keyClick(review, "z")
    assert review.pages.name == "cards"
    assert review.session.shown(0).status == "open"


def test_two_windows_of_one_annotator_lose_nothing_and_follow_each_other(
    review: ReviewWidget, qtbot: QtBot, sit: Callable[..., Session], journal: Journal
) -> None:
    other = ReviewWidget(sit())
    qtbot.addWidget(other)
    other.press("1")
    qtbot.keyClick(review, K.Key_Right)
    qtbot.keyClick(review, "2")
    other.press("3")
    assert [event.label for event in journal()] == ["ring", "rod", "background"]
    for widget in (review, other):
        widget.follow()
        assert widget.session.shown(0).label == "ring"
        assert f"{len({e.key for e in journal()})} of" in widget.head.progress.text()
    other.press("z")
    review.follow()
    assert [event.label for event in journal() if isinstance(event, Answer)][-1] == "background"
    assert review.session.shown(1).label == "rod"


def test_what_another_annotator_says_meanwhile_shows_on_the_card(
    review: ReviewWidget, qtbot: QtBot, sit: Callable[..., Session]
) -> None:
    qtbot.keyClick(review, "1")
    assert review.session.shown(0).others == {}
    sit("bob").answer("rod", [0])
    qtbot.waitUntil(lambda: review.session.shown(0).others == {"bob": "rod"}, timeout=10_000)
    assert "1 in conflict" in review.head.progress.text()
