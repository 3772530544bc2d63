"""Some boxes of the pool as cards in rows, whatever queue is in front."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QFontMetrics, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from cryoal.campaign.overview import NONE
from cryoal.errors import CryoALError
from cryoal.marks import OPEN
from cryoal.napari_plugin.boxes import Boxes
from cryoal.napari_plugin.card import Card, draw_card
from cryoal.napari_plugin.grid import GAP, Grid
from cryoal.napari_plugin.paper import Paper
from cryoal.napari_plugin.tile_loader import TileLoader
from cryoal.review.cards import Shown
from cryoal.review.keys import class_keys
from cryoal.review.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qtpy.QtGui import QMouseEvent, QPaintEvent

    from cryoal.campaign.overview import Overview
    from cryoal.marks import Mark
    from cryoal.napari_plugin.overviews import Known
    from cryoal.review.tiles import Missing, Tile

__all__ = ["Strip", "card_of_row"]

SLAB = 56  # pixels


class Strip(QWidget):
    """As many cards as there is room for; a click tells of one."""

    picked = Signal(int)
    """The row of a box in the pool."""

    def __init__(self, title: str, n_rows: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: Known | None = None
        self._boxes: Boxes | None = None
        self._tiles: TileLoader | None = None
        self._n_rows = n_rows
        self._is_blind = False
        self.rows = np.empty(0, np.int64)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(self._height(n_rows))
        self.setAccessibleName(title)

    def use(self, known: Known, *, is_blind: bool) -> None:
        """Draw boxes of this campaign; `is_blind`: without what is predicted."""
        before, self._known, self._is_blind = self._known, known, is_blind
        pool = known.campaign.pool
        if before is None or before.campaign.pool.tomograms != pool.tomograms:
            if self._tiles is not None:
                self._tiles.close()
            tiles = TileLoader(known.campaign, self)
            self._boxes, self._tiles = Boxes(pool), tiles
            tiles.came.connect(self.update)
            self.destroyed.connect(lambda: tiles.close())
        self.update()

    def show_rows(self, rows: NDArray[np.int64]) -> None:
        """Draw these boxes, the first ones first."""
        self.rows = rows
        self.update()

    @property
    def grid(self) -> Grid:
        """The cards that fit."""
        one = self._one
        columns = max(1, (self.width() + GAP) // (one.card_width + GAP))
        rows = min(max(1, (self.height() + GAP) // (one.card_height + GAP)), self._n_rows)
        return replace(one, columns=columns, rows=rows)

    @property
    def _one(self) -> Grid:
        return Grid(1, 1, SLAB, QFontMetrics(self.font()).height())

    def _height(self, n_rows: int) -> int:
        return n_rows * (self._one.card_height + GAP)

    @override
    def sizeHint(self) -> QSize:
        return QSize(self._one.card_width, self._height(self._n_rows))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self._one.card_width, self._height(1))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        paper, grid = Paper.of(self), self.grid
        painter = QPainter(self)
        painter.fillRect(self.rect(), paper.ground)
        try:
            cards = self._cards(self.rows[: grid.page].tolist())
        except (CryoALError, OSError) as error:
            cards = []
            painter.setPen(paper.ink)
            painter.drawText(self.rect(), int(Qt.TextFlag.TextWordWrap), str(error))
        for place, card in enumerate(cards):
            left, top = grid.corner(place)
            rect = QRectF(left, top, grid.card_width, grid.card_height)
            draw_card(painter, rect, card, grid, paper)
        painter.end()

    def _cards(self, rows: Sequence[int]) -> list[Card]:
        if self._known is None or self._boxes is None or self._tiles is None:
            return []
        config, view = self._known.campaign.config, View()
        found = zip(rows, self._boxes.get(rows), self._tiles.get(rows), strict=True)
        return [
            card_of_row(self._known, row, view.draw(box, config.review.thickness), tile,
                        is_blind=self._is_blind)
            for row, box, tile in found
        ]  # fmt: skip

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.grid.place_at(event.position().x(), event.position().y())
        if place is not None and place < min(len(self.rows), self.grid.page):
            self.picked.emit(int(self.rows[place]))
        event.accept()


def card_of_row(
    known: Known,
    row: int,
    slabs: NDArray[np.uint8],
    tile: Tile | Missing | None = None,
    *,
    is_blind: bool = False,
) -> Card:
    """The card of a box as it stands: the expert's label, else what is predicted.

    Of boxes that measure the classifier nothing predicted is told.
    """
    boxes, config = known.boxes, known.campaign.config
    label = _name(boxes, int(boxes.label[row]))
    is_hidden = is_blind or bool(boxes.is_held[row])
    suggestion = None if is_hidden else _name(boxes, int(boxes.predicted[row]))
    p = float(boxes.probability[row])
    letters = {
        name: k.upper() for k, name in class_keys(config.classes, config.review.keys).items()
    }
    is_unsure = label is None and bool(boxes.is_answered[row])

    def mark(name: str | None) -> Mark:
        return OPEN if name is None else known.marks[name]

    return Card(
        key=str(boxes.keys[row]),
        slabs=slabs,
        shown=Shown(
            status="answered" if label else "unsure" if is_unsure else "open",
            label=label,
            suggestion=suggestion,
            probability=None if suggestion is None or np.isnan(p) else p,
            is_flagged=False,
            others={},
        ),
        mark=mark(label),
        letter=letters.get(label or "", ""),
        suggested=None if suggestion is None else mark(suggestion),
        tile=tile,
    )


def _name(boxes: Overview, number: int) -> str | None:
    return None if number == NONE else boxes.classes[number]
