from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtGui import QColor

from cryoal.napari_plugin.boxes import Boxes
from cryoal.napari_plugin.card import card_image, card_of
from cryoal.napari_plugin.draw_tile import FRAME
from cryoal.napari_plugin.gallery import Gallery
from cryoal.napari_plugin.grey import grey_image
from cryoal.napari_plugin.grid import arrange
from cryoal.napari_plugin.paper import Paper
from cryoal.napari_plugin.tile_loader import TileLoader
from cryoal.review.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot
    from qtpy.QtGui import QImage

    from cryoal.review.session import Session

GRID = arrange(860, 470, 14)
DARK = Paper.on(QColor("#23242b"), QColor("#f0f1f2"))
LIGHT = Paper.on(QColor("#ebe7e6"), QColor("#1e1e21"))

pytestmark = pytest.mark.usefixtures("qapp")  # text needs fonts


def image_of(session: Session, number: int, paper: Paper = DARK) -> QImage:
    box = Boxes(session.campaign.pool).get([session.queue.items[number].row])[0]
    return card_image(card_of(session, number, View().draw(box)), GRID, paper)


def colours(image: QImage) -> Counter[str]:
    return Counter(
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    )


def test_a_slab_becomes_the_same_grey_in_every_pixel() -> None:
    slab = np.arange(35, dtype=np.uint8).reshape(5, 7)  # rows that are no multiple of four bytes
    image = grey_image(slab.T)
    assert (image.width(), image.height()) == (5, 7)
    assert [image.pixelColor(x, 6).red() for x in range(5)] == slab.T[6].tolist()


@pytest.mark.parametrize("paper", [DARK, LIGHT])
def test_an_answer_is_a_band_in_the_colour_of_its_class(session: Session, paper: Paper) -> None:
    colour = session.class_mark("ring").colour
    before = colours(image_of(session, 0, paper))[colour]
    session.answer("ring", [0])
    band = colours(image_of(session, 0, paper))[colour]
    assert band > 5 * max(before, 1)
    assert band > GRID.card_width * GRID.line / 2


def test_the_answer_has_its_key_and_its_shape(session: Session) -> None:
    session.answer("rod", [0])
    slabs = np.zeros((3, 8, 8), np.uint8)
    card = card_of(session, 0, slabs)
    assert (card.letter, card.shown.label, card.mark.shape) == ("2", "rod", "square")
    session.answer(None, [1])
    assert card_of(session, 1, slabs).letter == "U"


def test_a_suggestion_is_an_outline_and_a_bar_as_long_as_it_is_likely(
    session: Session, sit: Callable[..., Session]
) -> None:
    colour = session.class_mark("ring").colour
    shown = colours(image_of(session, 0))[colour]
    assert 0 < shown < GRID.card_width * GRID.line / 2
    assert colours(image_of(sit("bob", blind=True), 0))[colour] == 0


def test_a_repeat_looks_like_a_box_that_has_no_suggestion(session: Session) -> None:
    number = next(i for i, item in enumerate(session.queue.items) if item.repeat)
    first = next(
        i for i, item in enumerate(session.queue.items)
        if item.key == session.queue.items[number].key
    )  # fmt: skip
    session.answer("ring", [first])
    slabs = np.zeros((3, 8, 8), np.uint8)
    card = card_of(session, number, slabs)
    assert card.suggested is None
    assert card.shown.status == "open"


def test_cards_that_are_flagged_put_off_or_selected_look_different(session: Session) -> None:
    session.go(3)
    plain = image_of(session, 0)
    session.go(0)
    front = image_of(session, 0)
    session.flag()
    flagged = image_of(session, 0)
    session.skip()
    session.go(0)
    skipped = image_of(session, 0)
    different = [plain, front, flagged, skipped]
    assert all(a != b for i, a in enumerate(different) for b in different[:i])
    session.go(0)
    session.go(2, extend=True)
    assert image_of(session, 1) != image_of(session, 5)


def test_what_others_said_shows_once_one_has_answered(
    session: Session, sit: Callable[..., Session]
) -> None:
    sit("bob").answer("rod", [0])
    late = sit()
    before = image_of(late, 0)
    late.answer("ring", [0])
    alone = sit("cay")
    alone.answer("ring", [0])
    assert before == image_of(session, 0)
    card = card_of(late, 0, np.zeros((3, 8, 8), np.uint8))
    assert card.shown.others == {"bob": "rod"}


def test_the_whole_queue_is_drawn_page_by_page(session: Session, qtbot: QtBot) -> None:
    tiles = TileLoader(session.campaign)
    gallery = Gallery(session, Boxes(session.campaign.pool), tiles)
    qtbot.addWidget(gallery)
    gallery.resize(860, 470)
    images = gallery.draw_all()
    assert len(images) == len(session.queue.items)
    assert all(colours(image)[FRAME] for image in images)  # the box is outlined in each tile
    tiles.close()


def test_only_the_last_boxes_stay_in_memory(session: Session) -> None:
    pool = session.campaign.pool
    boxes = Boxes(pool, largest=3 * 4 * pool.box**3)
    found = boxes.get([5, 1, 5, 9, 2, 7])
    for row, box in zip([5, 1, 5, 9, 2, 7], found, strict=True):
        np.testing.assert_array_equal(box, pool.read_normalised(np.array([row]))[0])
    assert len(boxes._kept) == 3
