"""A page of cards; knows the mouse, leaves the keyboard to the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QFontMetrics, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from cryoal.errors import CryoALError
from cryoal.napari_plugin.card import card_image, card_of, draw_card
from cryoal.napari_plugin.grid import Grid, arrange
from cryoal.napari_plugin.paper import Paper
from cryoal.review.view import View

if TYPE_CHECKING:
    from qtpy.QtGui import QImage, QMouseEvent, QPaintEvent, QResizeEvent

    from cryoal.napari_plugin.boxes import Boxes
    from cryoal.napari_plugin.card import Card
    from cryoal.napari_plugin.tile_loader import TileLoader
    from cryoal.review.session import Session

__all__ = ["Gallery"]


class Gallery(QWidget):
    """The page of cards that the box in front is on."""

    chosen = Signal(int, bool)
    """The number of a box that was clicked, and whether the selection goes up to it."""
    opened = Signal(int)
    """The number of a box that was double-clicked."""

    def __init__(
        self, session: Session, boxes: Boxes, tiles: TileLoader, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._boxes = boxes
        self._tiles = tiles
        self.view = View()
        self.grid = Grid(1, 1, 1, 1)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 110)
        self.setAccessibleName("Gallery of boxes")
        self._fit()

    def begin(self, session: Session, boxes: Boxes, tiles: TileLoader) -> None:
        """Show another queue."""
        self._session, self._boxes, self._tiles = session, boxes, tiles
        self._fit()
        self.update()

    @property
    def page(self) -> range:
        """Numbers of the boxes on this page."""
        first = self._session.position // self.grid.page * self.grid.page
        return range(first, min(first + self.grid.page, len(self._session.queue.items)))

    def cards(self, numbers: range, *, is_whole: bool = False) -> list[Card]:
        """The cards of `numbers` as they are now; with `is_whole`, tiles are waited for."""
        thickness = self._session.campaign.config.review.thickness
        items = self._session.queue.items
        rows = [items[number].row for number in numbers]
        after = range(numbers.stop, min(numbers.stop + len(numbers), len(items)))
        ahead = [items[number].row for number in after]
        tiles = self._tiles.read(rows) if is_whole else self._tiles.get(rows, ahead)
        return [
            card_of(self._session, number, self.view.draw(box, thickness), tile,
                    is_inverted=self.view.is_inverted)
            for number, box, tile in zip(numbers, self._boxes.get(rows), tiles, strict=True)
        ]  # fmt: skip

    def draw_all(self) -> list[QImage]:
        """Every card of the queue as an image, page by page: what leafing through it costs."""
        paper, n = Paper.of(self), len(self._session.queue.items)
        pages = [range(k, min(k + self.grid.page, n)) for k in range(0, n, self.grid.page)]
        return [
            card_image(c, self.grid, paper)
            for page in pages
            for c in self.cards(page, is_whole=True)
        ]

    def _fit(self) -> None:
        line = QFontMetrics(self.font()).height()
        self.grid = arrange(self.width(), self.height(), line)
        self._session.cursor.columns = self.grid.columns
        self._session.cursor.page_size = self.grid.page

    @override
    def sizeHint(self) -> QSize:
        return QSize(900, 560)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        paper = Paper.of(self)
        painter = QPainter(self)
        painter.fillRect(self.rect(), paper.ground)
        try:
            cards = self.cards(self.page)
        except (CryoALError, OSError) as error:
            cards = []
            painter.setPen(paper.ink)
            painter.drawText(self.rect(), int(Qt.TextFlag.TextWordWrap), str(error))
        for place, card in enumerate(cards):
            left, top = self.grid.corner(place)
            rect = QRectF(left, top, self.grid.card_width, self.grid.card_height)
            draw_card(painter, rect, card, self.grid, paper)
        painter.end()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._number_at(event)
        if number is not None:
            is_extended = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.chosen.emit(number, is_extended)
        event.ignore()  # the review takes the keyboard

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        number = self._number_at(event)
        if number is not None:
            self.opened.emit(number)

    def _number_at(self, event: QMouseEvent) -> int | None:
        place = self.grid.place_at(event.position().x(), event.position().y())
        return self.page[place] if place is not None and place < len(self.page) else None
