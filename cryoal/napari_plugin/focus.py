"""The box in front, large: three slabs that the wheel goes through, and what is around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetricsF, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from cryoal.napari_plugin.draw_tile import draw_tile
from cryoal.napari_plugin.grey import grey_image
from cryoal.napari_plugin.paper import Paper
from cryoal.review.tiles import Missing, Tile

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qtpy.QtGui import QPaintEvent, QWheelEvent

__all__ = ["Focus", "Look"]

GAP = 6  # pixels between slabs
LARGEST = 420  # pixels of the edge of a slab: beyond, one sees voxels and not the particle
NOTCH = 120  # eighths of a degree: a step of a mouse's wheel
AXES = ("xy", "xz", "yz")
N_PICTURES = 4  # the slabs and the tile


@dataclass(frozen=True)
class Look:
    """What the focus card shows."""

    slabs: NDArray[np.uint8]
    """``(3, b, b)``."""
    lines: tuple[str, ...]
    """What there is to say about the box, the most important first."""
    edge_angstrom: float
    """Of the box."""
    tile: Tile | Missing | None = None
    """What is around it, in the tomogram."""
    is_inverted: bool = False
    """Whether the tile is to be drawn so; the slabs are as they are."""


class Focus(QWidget):
    """Paints a :class:`Look`; tells of the wheel."""

    stepped = Signal(int)
    """Voxels to go deeper."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look: Look | None = None
        self._turned = 0
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(190, 220)
        self.setAccessibleName("The box in front")
        self.setToolTip("xy, xz and yz through the middle; the wheel goes deeper (keys . and ,)")

    def show_look(self, look: Look) -> None:
        """Show another box, or the same one otherwise."""
        self.look = look
        self.setAccessibleDescription(". ".join(look.lines))
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(230, 560)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self._turned += event.angleDelta().y()
        steps, self._turned = int(self._turned / NOTCH), int(np.fmod(self._turned, NOTCH))
        if steps:
            self.stepped.emit(steps)
        event.accept()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        paper = Paper.of(self)
        painter = QPainter(self)
        painter.fillRect(self.rect(), paper.ground)
        if self.look is not None:
            below = self._draw_lines(painter, self.look.lines, paper)
            room = QRectF(0, below, self.width(), self.height() - below)
            *places, around = _places(room)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            for name, slab, rect in zip(AXES, self.look.slabs, places, strict=True):
                painter.drawImage(rect, grey_image(slab))
                _draw_caption(painter, rect, name)
            _draw_bar(painter, places[0], self.look.edge_angstrom)
            is_inverted = self.look.is_inverted
            draw_tile(painter, around, self.look.tile, paper, is_inverted=is_inverted)
            if isinstance(self.look.tile, Tile):
                edge = self.look.edge_angstrom * self.look.tile.edge_boxes
                _draw_bar(painter, around, edge)
        painter.end()

    def _draw_lines(self, painter: QPainter, lines: tuple[str, ...], paper: Paper) -> float:
        metrics = QFontMetricsF(painter.font())
        top = 0.0
        for number, line in enumerate(lines):
            painter.setPen(paper.ink if number == 0 else paper.faint)
            where = Qt.TextElideMode.ElideMiddle if number == 0 else Qt.TextElideMode.ElideRight
            text = metrics.elidedText(line, where, self.width())
            painter.drawText(QRectF(0, top, self.width(), metrics.height()), 0, text)
            top += metrics.height()
        return top + GAP


def _places(room: QRectF) -> list[QRectF]:
    """Four squares: in a row, in a column or two by two, whichever is largest."""
    edges = {
        columns: min(
            (room.width() - (columns - 1) * GAP) / columns,
            (room.height() - (N_PICTURES // columns - 1) * GAP) * columns / N_PICTURES,
        )
        for columns in (1, 2, N_PICTURES)
    }
    columns = max(edges, key=lambda n: edges[n])
    edge = max(1.0, min(LARGEST, edges[columns]))
    corners = [divmod(place, columns) for place in range(N_PICTURES)]
    return [
        QRectF(room.left() + x * (edge + GAP), room.top() + y * (edge + GAP), edge, edge)
        for y, x in corners
    ]


def _draw_caption(painter: QPainter, rect: QRectF, text: str) -> None:
    """White on a dark patch: slabs may be of any grey."""
    metrics = QFontMetricsF(painter.font())
    patch = QRectF(rect.left() + 3, rect.top() + 3, metrics.horizontalAdvance(text) + 8,
                   metrics.height())  # fmt: skip
    painter.fillRect(patch, QColor(0, 0, 0, 150))
    painter.setPen(QColor("white"))
    painter.drawText(patch, Qt.AlignmentFlag.AlignCenter, text)


def _draw_bar(painter: QPainter, rect: QRectF, edge_angstrom: float) -> None:
    """A scale bar of a round length, about a third of the box."""
    length = _round_length(edge_angstrom / 3)
    width = rect.width() * length / edge_angstrom
    text = f"{length / 10:g} nm" if length >= 10 else f"{length:g} Å"
    metrics = QFontMetricsF(painter.font())
    patch = QRectF(0, 0, max(width, metrics.horizontalAdvance(text)) + 10, metrics.height() + 8)
    patch.moveBottomLeft(QPointF(rect.left() + 3, rect.bottom() - 3))
    painter.fillRect(patch, QColor(0, 0, 0, 150))
    painter.setPen(QColor("white"))
    painter.drawText(patch.adjusted(5, 1, 0, 0), 0, text)
    painter.setPen(QPen(QColor("white"), 3))
    y = patch.bottom() - 4
    painter.drawLine(QPointF(patch.left() + 5, y), QPointF(patch.left() + 5 + width, y))


def _round_length(angstrom: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not larger."""
    power = 10.0 ** np.floor(np.log10(angstrom))
    return float(max(n * power for n in (1, 2, 5) if n * power <= angstrom))
