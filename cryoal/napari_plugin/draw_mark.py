"""Marks of classes (:mod:`cryoal.marks`) as paths and icons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

if TYPE_CHECKING:
    from cryoal.marks import Mark

__all__ = ["draw_mark", "mark_icon"]

ICON = 32  # pixels; twice what it is shown at


def draw_mark(
    painter: QPainter, rect: QRectF, mark: Mark, colour: str | None = None, *, filled: bool = True
) -> None:
    """The shape of `mark` inside `rect`, in its colour or another; an outline unless `filled`."""
    x, y = rect.center().x(), rect.center().y()
    radius = min(rect.width(), rect.height()) / 2
    shape = QPolygonF([QPointF(x + radius * px, y + radius * py) for px, py in mark.points])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = QColor(colour or mark.colour)
    painter.setPen(Qt.PenStyle.NoPen if filled else QPen(ink, 1.5))
    painter.setBrush(ink if filled else Qt.BrushStyle.NoBrush)
    painter.drawPolygon(shape)
    painter.restore()


def mark_icon(mark: Mark) -> QIcon:
    """The mark for a button."""
    pixmap = QPixmap(ICON, ICON)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    draw_mark(painter, QRectF(2, 2, ICON - 4, ICON - 4), mark)
    painter.end()
    return QIcon(pixmap)
