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
        window, dock = self._widget.window(), self.dock
        if self.is_taken or not isinstance(window, QMainWindow) or dock is None:
            return
        self._window = window
        others = [d for d in window.findChildren(QDockWidget) if d is not dock]
        parts = [part for part in (window.centralWidget(), *others) if part is not None]
        self._hidden = [part for part in parts if not part.isHidden() and not part.isWindow()]
        for part in self._hidden:
            part.hide()

    def give_back(self, beside: QDockWidget | None = None) -> None:
        """Show again what was hidden, and keep a strip at the side.

        Where `beside` is docked at the same side the strip is a tab behind it: below one another
        neither has the height that it needs.
        """
        if self._hidden is None:
            return
        for part in self._hidden:
            part.show()
        window, dock = self._window, self.dock
        self._window = self._hidden = None
        if window is not None and dock is not None and dock.parentWidget() is window:
            if beside is not None and _is_at_side_of(window, beside, dock):
                window.tabifyDockWidget(beside, dock)
                beside.raise_()
                dock = beside  # what is behind is of no size
            else:
                dock.raise_()  # what was shown last may be a tab in front of it
            width = round(BESIDE * window.width())
            window.resizeDocks([dock], [width], Qt.Orientation.Horizontal)

    @property
    def dock(self) -> QDockWidget | None:
        """The dock of the widget; None where it is in none."""
        above = self._widget.parentWidget()
        while above is not None and not isinstance(above, QDockWidget):
            above = above.parentWidget()
        return above


def _is_at_side_of(window: QMainWindow, one: QDockWidget, other: QDockWidget) -> bool:
    """Whether both are docked at the same side of the window."""
    areas = [window.dockWidgetArea(dock) for dock in (one, other)]
    return not one.isFloating() and not other.isFloating() and areas[0] == areas[1]
