"""What the widgets of cryoal share: several of them are tabs of one dock, not a pile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QDockWidget,
    QFrame,
    QMainWindow,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from cryoal.napari_plugin.in_window import InWindow

if TYPE_CHECKING:
    from qtpy.QtGui import QShowEvent

__all__ = ["WorkPanel", "dock_of"]

WIDTH = 360  # pixels, at least
BAR = 18  # pixels of a scroll bar


class WorkPanel(QWidget):
    """A widget that joins the others of its kind when it comes up in a dock."""

    _has_joined = False
    _inner: QWidget | None = None

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._has_joined:
            self._has_joined = True
            if self._inner is not None:  # it scrolls up and down alone: nothing is cut at a side
                self.setMinimumWidth(max(WIDTH, self._inner.minimumSizeHint().width() + BAR))
            QTimer.singleShot(0, self, self._join)
        if not event.spontaneous():
            QTimer.singleShot(0, self, self._make_room)

    def hold(self, inner: QWidget) -> None:
        """Have `inner` in it, which scrolls where the dock is low."""
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(area)
        self._inner = inner
        self.setMinimumWidth(WIDTH)

    def come_forward(self) -> None:
        """Be in front of other tabs, with the canvas."""
        self._make_room()
        dock = dock_of(self)
        if dock is not None and not dock.isHidden():
            dock.raise_()

    def _make_room(self) -> None:
        """Have a review that has the whole window give it back."""
        window: QWidget | None = self.window()
        dock = dock_of(self)
        if dock is None or dock.isHidden():  # a review took the window meanwhile
            return
        while window is not None and not isinstance(window, QMainWindow):
            window = window.parentWidget()  # of a dock that floats
        for review in [] if window is None else window.findChildren(InWindow):
            review.give_way(dock)

    def _join(self) -> None:
        window, dock = self.window(), dock_of(self)
        if not isinstance(window, QMainWindow) or dock is None:
            return
        for other in window.findChildren(WorkPanel):
            beside = dock_of(other)
            is_there = beside is not None and beside is not dock and not beside.isFloating()
            if is_there and window.dockWidgetArea(beside) == window.dockWidgetArea(dock):
                window.tabifyDockWidget(beside, dock)
                dock.raise_()
                return


def dock_of(widget: QWidget) -> QDockWidget | None:
    """The dock around `widget`; None where it was taken out of the window, or Qt let go of it."""
    try:
        above = widget.parentWidget()
        while above is not None and not isinstance(above, QDockWidget):
            above = above.parentWidget()
    except RuntimeError:
        return None
    return above
