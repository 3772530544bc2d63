"""The window while boxes are looked at: the canvas and the other docks step aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

__all__ = ["Room"]

BESIDE = 0.3  # share of the window that the review keeps beside a tomogram


class Room:
    """Gives the whole main window to the dock of `widget`, and back."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._window: QMainWindow | None = None
        self._hidden: list[QWidget] | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the review has the whole window."""
        return self._hidden is not None

    def take(self) -> None:
        """Hide the canvas and the other docks of the window; nothing where there is no dock."""
        window, dock = self._widget.window(), self._dock()
        if self.is_taken or not isinstance(window, QMainWindow) or dock is None:
            return
        self._window = window
        others = [d for d in window.findChildren(QDockWidget) if d is not dock]
        parts = [part for part in (window.centralWidget(), *others) if part is not None]
        self._hidden = [part for part in parts if not part.isHidden() and not part.isWindow()]
        for part in self._hidden:
            part.hide()

    def give_back(self) -> None:
        """Show again what was hidden, and keep a strip at the side."""
        if self._hidden is None:
            return
        for part in self._hidden:
            part.show()
        window, dock = self._window, self._dock()
        self._window = self._hidden = None
        if window is not None and dock is not None and dock.parentWidget() is window:
            width = round(BESIDE * window.width())
            window.resizeDocks([dock], [width], Qt.Orientation.Horizontal)

    def _dock(self) -> QDockWidget | None:
        above = self._widget.parentWidget()
        while above is not None and not isinstance(above, QDockWidget):
            above = above.parentWidget()
        return above
