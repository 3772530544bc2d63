"""A box in its surroundings: the tile of the tomogram with the box outlined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFontMetricsF, QPen

from cryoal.napari_plugin.grey import grey_image
from cryoal.review.tiles import Missing

if TYPE_CHECKING:
    from qtpy.QtGui import QPainter

    from cryoal.napari_plugin.paper import Paper
    from cryoal.review.tiles import Tile

__all__ = ["FRAME", "draw_tile"]

FRAME = "#ffd400"  # of the box; no class has it
ABSENT = "no tomogram"


def draw_tile(
    painter: QPainter,
    rect: QRectF,
    tile: Tile | Missing | None,
    paper: Paper,
    *,
    is_inverted: bool = False,
) -> None:
    """Draw a tile in a square; without the tomogram it says so, and one being read is empty."""
    if tile is None or isinstance(tile, Missing):
        painter.fillRect(rect, paper.ground)
        painter.setPen(QPen(paper.line, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
        if tile is not None:
            painter.setPen(paper.faint)
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(rect.adjusted(2, 2, -2, -2), flags, _said(painter, rect))
        return
    painter.drawImage(rect, grey_image(np.invert(tile.grey) if is_inverted else tile.grey))
    low, high = tile.outline
    square = QRectF(
        rect.left() + low * rect.width(), rect.top() + low * rect.height(),
        (high - low) * rect.width(), (high - low) * rect.height(),
    )  # fmt: skip
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(FRAME), 1.2)):
        painter.setPen(QPen(colour, width))
        painter.drawRect(square)


def _said(painter: QPainter, rect: QRectF) -> str:
    """In one line or two, where there is room."""
    metrics = QFontMetricsF(painter.font())
    words = ABSENT.split()
    fits = max(map(metrics.horizontalAdvance, words)) <= rect.width() - 4
    return ABSENT if fits else "-"
