"""A widget that shares napari's window with a tomogram, and its keyboard with the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QTimer
from typing_extensions import override

from cryoal.napari_plugin.keyboard import Keyboard
from cryoal.napari_plugin.room import Room

if TYPE_CHECKING:
    from qtpy.QtGui import QHideEvent, QShowEvent
    from qtpy.QtWidgets import QDockWidget, QWidget

__all__ = ["InWindow"]


class InWindow(Keyboard):
    """Has the whole window, or a strip of it beside the canvas.

    Parameters
    ----------
    fills_window
        Whether the canvas and the other docks step aside while no tomogram is on show.
    """

    def __init__(self, *, fills_window: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._room = Room(self)
        self._fills_window = fills_window
        self._dock: QDockWidget | None = None

    def share_window(self, *, with_canvas: bool) -> None:
        """Beside the canvas, whose keys are ours then too, or in place of it."""
        if with_canvas:
            self._room.give_back()
        elif self._fills_window and self._is_seen:
            self._room.take()
        self.watch(self._canvas() if with_canvas else None)

    def give_way(self, dock: QDockWidget) -> None:
        """Leave the window to `dock` and the canvas; nothing where it is shared already.

        Below one another neither has the height that it needs, so the two become tabs: with a click
        on that of this widget it has the window again.
        """
        if not self._room.is_taken:
            return
        self._room.give_back(beside=dock)

    def come_up(self) -> None:
        """The window has been laid out: arrange what is in it."""
        raise NotImplementedError

    def leave_window(self) -> None:
        """The window is about to be closed: put it back as it was."""
        raise NotImplementedError

    def canvas_resized(self) -> None:
        """The canvas beside has another size."""
        raise NotImplementedError

    def _canvas(self) -> QWidget | None:
        """Where the keyboard is after a click on the tomogram."""
        window = self.window()
        found: QWidget | None = getattr(window, "centralWidget", lambda: None)()
        return found

    @property
    def _is_seen(self) -> bool:
        """Whether it is on the screen; Qt takes one for visible that is behind another tab."""
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def _come_up_if_shown(self) -> None:
        if self._is_seen:
            self.come_up()

    def _raised(self, is_up: bool) -> None:
        """The dock came to the front of its tabs, or went behind another."""
        if is_up:
            QTimer.singleShot(0, self, self._come_up_if_shown)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Close and watched is self.window():
            self._room.give_back()  # napari saves how its window looks
            self.leave_window()
            QTimer.singleShot(0, self, self._come_up_if_shown)  # napari may ask, and stay
            return False
        if kind == QEvent.Type.Resize and self.is_watching:
            QTimer.singleShot(0, self, self.canvas_resized)
        return self.is_watching and watched is not self.window() and self.take_from(event)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.window().installEventFilter(self)
        dock = self._room.dock
        if dock is not None and dock is not self._dock:
            self._dock = dock
            dock.visibilityChanged.connect(self._raised)
        QTimer.singleShot(0, self, self._come_up_if_shown)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self._room.give_back()
