"""The map: points that can be zoomed, lassoed and clicked, drawn without OpenGL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from cryoal.napari_plugin.draw_mark import draw_mark
from cryoal.napari_plugin.paper import Paper
from cryoal.napari_plugin.point_cloud import Colouring, Frame, nearest, paint_points

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from qtpy.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from cryoal.marks import Mark

__all__ = ["MapView", "inside"]

REACH = 12  # pixels around the mouse in which a point is found
STEP = 1.2  # of the wheel
FEW = 2000  # points that are drawn with the shapes of their classes
MARK = 11  # pixels across
A_CLICK = 5  # pixels that a hand moves in a click


class MapView(QWidget):
    """Draws points; a drag is a lasso, the wheel zooms, the right or middle button moves."""

    lassoed = Signal(object)
    """Indices of the points inside."""
    picked = Signal(int)
    """The index of a point that was clicked, or gone to by key."""
    entered = Signal(int)
    """The index of the ringed point: Enter, or a double click."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._xy = np.empty((0, 2), np.float32)
        self._colouring = Colouring(np.empty(0, np.uint32), np.empty(0, np.int16))
        self._marks: Mapping[str, Mark] = {}
        self._frame = Frame.around(400, 400)
        self._is_whole = True
        self._picture: QImage | None = None
        self._pixels = np.empty((0, 2), np.float32)
        self._line: list[QPointF] = []
        self._held: QPointF | None = None
        self._current: int | None = None
        self._chosen = np.empty(0, np.int64)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 160)
        self.setAccessibleName("Map of the boxes")
        self.setToolTip(
            "Drag a line around points: they become a queue. A click shows the box of a point. "
            "The wheel zooms, the right button moves; arrows go to the next point, Enter opens it, "
            "Home shows all."
        )

    @property
    def current(self) -> int | None:
        """The point that is ringed."""
        return self._current

    def show_points(self, xy: NDArray[np.float32]) -> None:
        """Other points ``(n, 2)`` in the unit square, y downwards; grey until they are coloured."""
        self._xy = np.ascontiguousarray(xy, np.float32)
        n = len(self._xy)
        self._colouring = Colouring(np.full(n, 0xFF888888, np.uint32), np.full(n, -1, np.int16))
        self._current, self._chosen = None, np.empty(0, np.int64)
        self._whole()

    def colour(self, colouring: Colouring, marks: Mapping[str, Mark]) -> None:
        """Colour the points; `marks` has the shapes of entries of the legend, by name."""
        self._colouring, self._marks = colouring, marks
        self._forget()

    def choose(self, points: NDArray[np.int64]) -> None:
        """Draw these points larger: those of a queue."""
        self._chosen = points
        self.update()

    def ring(self, point: int | None) -> None:
        """Put a ring around a point, and move there where it is outside the picture."""
        self._current = point
        if point is not None:
            where = self._frame.pixels(self._xy[point : point + 1])[0]
            if not QRectF(self.rect()).contains(QPointF(*where.tolist())):
                middle = (self.width() / 2 - where[0], self.height() / 2 - where[1])
                self._go(self._frame.moved(*map(float, middle)))
        self.update()

    def legend(self) -> list[tuple[str, QColor, int]]:
        """Name, colour and number of points of each entry that has any."""
        kind, colour = self._colouring.kind, self._colouring.colour
        entries = []
        for number, name in enumerate(self._colouring.names):
            some = np.flatnonzero(kind == number)
            if len(some):
                entries.append((name, QColor.fromRgb(int(colour[some[0]])), len(some)))
        return entries

    def _whole(self) -> None:
        self._go(Frame.around(self.width(), self.height()))
        self._is_whole = True

    def _go(self, frame: Frame) -> None:
        self._frame, self._is_whole = frame, False
        self._forget()

    def _forget(self) -> None:
        self._picture = None
        self.update()

    def _draw(self, ground: QColor) -> QImage:
        """The points as they are now; kept until something changes."""
        self._pixels = self._frame.pixels(self._xy)
        width, height = max(self.width(), 1), max(self.height(), 1)
        pixels = paint_points(self._pixels, self._colouring, width, height, ground.rgb())
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        return image.copy()

    @override
    def sizeHint(self) -> QSize:
        return QSize(640, 520)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_whole:
            self._whole()
        else:
            self._forget()

    @override
    def changeEvent(self, event: object) -> None:
        super().changeEvent(event)
        self._forget()  # the theme may be another one

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        paper = Paper.of(self)
        painter = QPainter(self)
        if self._picture is None:
            self._picture = self._draw(paper.ground)
        painter.drawImage(0, 0, self._picture)
        self._draw_shapes(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(paper.ink, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if 0 < len(self._chosen) <= FEW:
            for x, y in self._pixels[self._chosen].tolist():
                painter.drawEllipse(QPointF(x, y), 5.5, 5.5)
        if self._current is not None:
            x, y = self._pixels[self._current].tolist()
            for radius, pen in ((11, QPen(paper.ground, 5)), (11, QPen(paper.ink, 2.5))):
                painter.setPen(pen)
                painter.drawEllipse(QPointF(x, y), radius, radius)
        if len(self._line) > 1:
            painter.setPen(QPen(paper.ink, 1.5, Qt.PenStyle.DashLine))
            painter.drawPolyline(QPolygonF(self._line))
        painter.end()

    def _draw_shapes(self, painter: QPainter) -> None:
        """The shape of its class at each point, where they are few enough to be told apart."""
        x, y = self._pixels.T
        seen = np.flatnonzero(
            (x >= 0) & (y >= 0) & (x < self.width()) & (y < self.height())
        )  # fmt: skip
        if len(seen) > FEW:
            return
        for point in seen.tolist():
            kind = int(self._colouring.kind[point])
            mark = self._marks.get(self._colouring.names[kind]) if kind >= 0 else None
            if mark is not None and mark.points:
                left, top = (self._pixels[point] - MARK / 2).tolist()
                draw_mark(painter, QRectF(left, top, MARK, MARK), mark)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() == Qt.MouseButton.LeftButton:
            self._line = [event.position()]
        else:
            self._held = event.position()
        event.accept()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            moved = event.position() - self._held
            self._held = event.position()
            self._go(self._frame.moved(moved.x(), moved.y()))
        elif self._line:
            self._line.append(event.position())
            self.update()
        event.accept()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        line, self._line, self._held = self._line, [], None
        event.accept()
        self.update()
        if not line:
            return
        area = QPolygonF(line).boundingRect()
        if max(area.width(), area.height()) > A_CLICK:
            found = inside(QPolygonF(line), self._pixels, self.width(), self.height())
            if len(found):
                self.lassoed.emit(found)
            return
        at = event.position()
        point = nearest(self._pixels, (at.x(), at.y()), REACH)
        if point is not None:
            self.ring(point)
            self.picked.emit(point)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        point = nearest(self._pixels, (at.x(), at.y()), REACH)
        if point is not None:
            self.entered.emit(point)
        event.accept()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        at = event.position()
        factor = STEP ** (event.angleDelta().y() / 120)
        self._go(self._frame.zoomed(factor, (at.x(), at.y())))
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        towards = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }.get(event.key())
        middle = (self.width() / 2, self.height() / 2)
        if towards is not None and not event.modifiers():
            self._step(*towards)
        elif event.text() == "+":
            self._go(self._frame.zoomed(STEP * STEP, middle))
        elif event.text() == "-":
            self._go(self._frame.zoomed(1 / STEP / STEP, middle))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._current is not None:
                self.entered.emit(self._current)
        elif event.key() == Qt.Key.Key_Home:
            self._whole()
        else:
            event.ignore()

    def _step(self, dx: int, dy: int) -> None:
        """To the nearest point in that direction from the ringed one, or from the middle."""
        if not len(self._xy):
            return
        self._pixels = self._frame.pixels(self._xy)
        if self._current is None:
            start = np.array([self.width() / 2, self.height() / 2], np.float32)
        else:
            start = self._pixels[self._current]
        offset = self._pixels - start
        along, aside = offset @ np.array([dx, dy]), offset @ np.array([dy, dx])
        ahead = along > np.maximum(np.abs(aside), 0.5)
        if self._current is not None:
            ahead[self._current] = False
        if ahead.any():
            far = np.where(ahead, along + 2 * np.abs(aside), np.inf)
            self.ring(int(np.argmin(far)))
            self.picked.emit(self._current)


def inside(
    line: QPolygonF, pixels: NDArray[np.float32], width: int, height: int
) -> NDArray[np.int64]:
    """Indices of the points inside a closed line, to a pixel; only points in the picture."""
    mask = QImage(width, height, QImage.Format.Format_Grayscale8)
    mask.fill(0)
    painter = QPainter(mask)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("white"))
    painter.drawPolygon(line, Qt.FillRule.WindingFill)
    painter.end()
    stride = mask.bytesPerLine()
    is_in = np.frombuffer(mask.constBits(), np.uint8).reshape(height, stride)[:, :width] > 0
    x, y = pixels[:, 0], pixels[:, 1]
    seen = np.flatnonzero((x >= 0) & (y >= 0) & (x < width) & (y < height))
    found = seen[is_in[y[seen].astype(np.int64), x[seen].astype(np.int64)]]
    return np.asarray(found, np.int64)
