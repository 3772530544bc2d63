"""One card: three slabs of a box and what is around it, and what was or might be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from cryoal.marks import ink_on
from cryoal.napari_plugin.draw_mark import draw_mark
from cryoal.napari_plugin.draw_tile import draw_tile
from cryoal.napari_plugin.grey import grey_image
from cryoal.napari_plugin.grid import PADDING, SLAB_GAP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cryoal.marks import Mark
    from cryoal.napari_plugin.grid import Grid
    from cryoal.napari_plugin.paper import Paper
    from cryoal.review.cards import Shown
    from cryoal.review.session import Session
    from cryoal.review.tiles import Missing, Tile

__all__ = ["Card", "card_image", "card_of", "draw_card"]


@dataclass(frozen=True)
class Card:
    """Everything a card tells."""

    key: str
    slabs: NDArray[np.uint8]
    """``(3, b, b)``: xy, xz, yz."""
    shown: Shown
    mark: Mark
    """Of the answer."""
    letter: str
    """The key that gives that answer."""
    suggested: Mark | None
    is_selected: bool = False
    is_in_front: bool = False
    tile: Tile | Missing | None = None
    """What is around the box; None while it is being read."""
    is_inverted: bool = False
    """Whether the tile is to be drawn so; the slabs are as they are."""


def card_of(
    session: Session,
    number: int,
    slabs: NDArray[np.uint8],
    tile: Tile | Missing | None = None,
    *,
    is_inverted: bool = False,
) -> Card:
    """The card of box `number`."""
    shown = session.shown(number)
    letters = {name: key.upper() for key, name in session.keys.items()}
    letters.setdefault(session.junk_class, "J")
    letter = "U" if shown.status == "unsure" else letters.get(shown.label or "", "")
    return Card(
        key=session.queue.items[number].key,
        slabs=slabs,
        shown=shown,
        mark=session.mark(shown.status, shown.label),
        letter=letter,
        suggested=None if shown.suggestion is None else session.class_mark(shown.suggestion),
        is_selected=number in session.selection,
        is_in_front=number == session.position and not session.cursor.is_past,
        tile=tile,
        is_inverted=is_inverted,
    )


def card_image(card: Card, grid: Grid, paper: Paper) -> QImage:
    """A card by itself."""
    image = QImage(grid.card_width, grid.card_height, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    draw_card(painter, QRectF(image.rect()), card, grid, paper)
    painter.end()
    return image


def draw_card(painter: QPainter, rect: QRectF, card: Card, grid: Grid, paper: Paper) -> None:
    """Draw a card with its corner at that of `rect`."""
    painter.fillRect(rect, paper.chosen if card.is_selected else paper.card)
    inner = rect.adjusted(PADDING, PADDING / 2, -PADDING, -PADDING)
    _draw_heading(painter, QRectF(inner.left(), inner.top(), inner.width(), grid.line), card, paper)
    top = inner.top() + grid.line + PADDING / 2
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for number, slab in enumerate(card.slabs):
        left = inner.left() + number * (grid.slab + SLAB_GAP)
        painter.drawImage(QRectF(left, top, grid.slab, grid.slab), grey_image(slab))
    around = QRectF(inner.right() - grid.slab, top, grid.slab, grid.slab)
    draw_tile(painter, around, card.tile, paper, is_inverted=card.is_inverted)
    band = QRectF(inner.left(), top + grid.slab + PADDING / 2, inner.width(), grid.line + PADDING)
    if card.shown.status in ("answered", "unsure"):
        _draw_answer(painter, band, card)
    else:
        _draw_suggestion(painter, band, card, paper)
    if card.is_in_front:
        painter.setPen(QPen(paper.ink, 3))
        painter.drawRect(rect.adjusted(1.5, 1.5, -1.5, -1.5))
    elif card.is_selected:
        painter.setPen(QPen(paper.ink, 1, Qt.PenStyle.DashLine))
        painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))


def _draw_heading(painter: QPainter, rect: QRectF, card: Card, paper: Paper) -> None:
    """The key, and at the right whether the box is flagged or put off."""
    metrics = QFontMetricsF(painter.font())
    right = rect.right()
    if card.shown.is_flagged:
        right -= rect.height()
        _draw_flag(painter, QRectF(right, rect.top(), rect.height(), rect.height()))
    if card.shown.status == "skipped":
        width = metrics.horizontalAdvance("skipped") + 4
        right -= width
        painter.setPen(paper.faint)
        painter.drawText(
            QRectF(right, rect.top(), width, rect.height()), Qt.AlignmentFlag.AlignCenter, "skipped"
        )
    painter.setPen(paper.ink if card.is_selected else paper.faint)
    _draw_text(painter, QRectF(rect.left(), rect.top(), right - rect.left() - 4, rect.height()),
               card.key, Qt.TextElideMode.ElideLeft)  # fmt: skip


def _draw_flag(painter: QPainter, rect: QRectF) -> None:
    """A pole and a cloth: fonts need not have the sign."""
    x, y, unit = rect.left() + 0.3 * rect.width(), rect.top() + 0.15 * rect.height(), rect.height()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("#d0342c"), 1.5))
    painter.setBrush(QColor("#d0342c"))
    painter.drawLine(QPointF(x, y), QPointF(x, y + 0.75 * unit))
    tips = [(0.0, 0.0), (0.6, 0.2), (0.0, 0.4)]
    painter.drawPolygon(QPolygonF([QPointF(x + a * unit, y + b * unit) for a, b in tips]))
    painter.restore()


def _draw_answer(painter: QPainter, band: QRectF, card: Card) -> None:
    """A band in the colour of the class, with its shape, its key and its name."""
    ink = ink_on(card.mark.colour)
    painter.fillRect(band, QColor(card.mark.colour))
    size = band.height() - 6
    draw_mark(painter, QRectF(band.left() + 4, band.top() + 3, size, size), card.mark, ink)
    painter.setPen(QColor(ink))
    text = f"{card.letter}  {card.shown.label or 'unsure'}".strip()
    if card.shown.others:
        text += "  ≠ " + _said(card.shown.others)
    _draw_text(painter, band.adjusted(size + 10, 0, -4, 0), text)


def _draw_suggestion(painter: QPainter, band: QRectF, card: Card, paper: Paper) -> None:
    """The outline of a mark, a name with a question mark, and a bar as long as it is likely."""
    if card.shown.others:  # disputed: what was said is what there is to decide
        painter.setPen(paper.ink)
        _draw_text(painter, band, _said(card.shown.others))
        return
    if card.suggested is None:
        return
    size = band.height() - 8
    draw_mark(painter, QRectF(band.left() + 4, band.top() + 2, size, size), card.suggested,
              filled=False)  # fmt: skip
    text = f"{card.shown.suggestion}?"
    if card.shown.probability is not None:
        text += f"  {card.shown.probability:.0%}"
        bar = QRectF(band.left(), band.bottom() - 3, band.width(), 3)
        painter.fillRect(bar, paper.line)
        bar.setWidth(band.width() * card.shown.probability)
        painter.fillRect(bar, QColor(card.suggested.colour))
    painter.setPen(paper.ink)
    _draw_text(painter, band.adjusted(size + 10, 0, -4, -4), text)


def _said(others: dict[str, str]) -> str:
    return ", ".join(f"{who}: {what}" for who, what in others.items())


def _draw_text(
    painter: QPainter,
    rect: QRectF,
    text: str,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    shown = QFontMetricsF(painter.font()).elidedText(text, elide, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
