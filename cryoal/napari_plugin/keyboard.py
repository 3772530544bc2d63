"""A widget that has the keyboard to itself, against napari's own shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QWidget
from typing_extensions import override

from cryoal.napari_plugin.key_names import key_name

if TYPE_CHECKING:
    from qtpy.QtGui import QKeyEvent

__all__ = ["Keyboard"]

MOVES = ("left", "right", "up", "down", "page-up", "page-down", "deeper", "shallower")
"""What a key that is held down may do again and again; it never gives more than one answer."""


class Keyboard(QWidget):
    """Takes keys by their names.

    napari binds digits, letters, arrows and Space itself, and a plugin cannot take them from it in
    its manifest. A widget of this kind accepts the ``ShortcutOverride`` that Qt sends before a
    shortcut fires, and passes no plain key on. Keys that mean something here can be taken from
    another widget as well.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._watched: QWidget | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def press(self, key: str) -> None:
        """Do what a key does, by its name in :data:`cryoal.review.keys.SHEET`."""
        raise NotImplementedError

    def action_of(self, key: str) -> str:
        """What a key does now; "" for nothing."""
        raise NotImplementedError

    def keeps_tab(self) -> bool:
        """Whether Tab leads nowhere now."""
        return True

    def watch(self, widget: QWidget | None) -> None:
        """Take our keys from `widget` and all that is in it, or from nobody."""
        if widget is self._watched:
            return
        if self._watched is not None:
            for one in (self._watched, *self._watched.findChildren(QWidget)):
                one.removeEventFilter(self)
        self._watched = widget
        if widget is not None:
            for one in (widget, *widget.findChildren(QWidget)):
                one.installEventFilter(self)

    def _is_ours(self, event: QKeyEvent) -> bool:
        """Whether the key does something here."""
        key = key_name(event)
        return bool(key) and bool(self.action_of(key))

    def _take(self, event: QKeyEvent) -> bool:
        """Do what the key of `event` does; whether it was one for us."""
        key = key_name(event)
        if not key:
            return False
        action = self.action_of(key)
        if not action and (key.startswith("Ctrl+") or not self.hasFocus()):
            return False  # of napari's menus, or of a widget inside that did not want it
        if not event.isAutoRepeat() or action.removeprefix("extend-") in MOVES:
            self.press(key)
        return True

    @property
    def is_watching(self) -> bool:
        """Whether keys are taken from another widget."""
        return self._watched is not None

    def take_from(self, event: QEvent) -> bool:
        """Take a key that another widget was to get; whether it was one for us."""
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and self._is_ours(event):
            event.accept()
            return True
        if kind == QEvent.Type.KeyPress and self._is_ours(event):
            return self._take(event)
        return False

    @override
    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and key_name(event):
            if self._is_ours(event) or not key_name(event).startswith("Ctrl+"):
                event.accept()
                return True
        elif (
            kind == QEvent.Type.KeyPress
            and self.hasFocus()
            and self.keeps_tab()
            and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
        ):
            event.accept()  # would carry the keyboard away
            return True
        return bool(super().event(event))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(self._take(event))

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(bool(key_name(event)))
