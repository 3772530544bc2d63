"""The line that takes the name of a new class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import QLineEdit, QWidget
from typing_extensions import override

if TYPE_CHECKING:
    from qtpy.QtGui import QKeyEvent

__all__ = ["NameLine"]


class NameLine(QLineEdit):
    """Has the keyboard while it is open: Enter gives the name; Esc, Tab, a click away close it."""

    named = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("name of the new class: Enter adds it, Esc does not")
        self.setAccessibleName("Name of the new class")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMaxLength(64)
        self.hide()

    def open(self) -> None:
        """Show an empty line and take the keyboard."""
        self.clear()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_line(self) -> None:
        """Put the line away; the review takes the keyboard back."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # what is typed here is no shortcut of the window
            return True
        is_press = event.type() == QEvent.Type.KeyPress
        if is_press and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self.close_line()
            return True
        return bool(super().event(event))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            text = self.text().strip()
            self.close_line()
            if text:
                self.named.emit(text)
        elif event.key() == Qt.Key.Key_Escape:
            self.close_line()
        else:
            super().keyPressEvent(event)
        event.accept()
