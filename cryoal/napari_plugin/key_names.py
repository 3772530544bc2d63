"""Qt's key events by the names that :mod:`cryoal.review.keys` uses, which are a browser's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt

if TYPE_CHECKING:
    from qtpy.QtGui import QKeyEvent

__all__ = ["key_name"]

_NAMED = {
    Qt.Key.Key_Return: "Enter",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_Escape: "Escape",
    Qt.Key.Key_Left: "ArrowLeft",
    Qt.Key.Key_Right: "ArrowRight",
    Qt.Key.Key_Up: "ArrowUp",
    Qt.Key.Key_Down: "ArrowDown",
    Qt.Key.Key_PageUp: "PageUp",
    Qt.Key.Key_PageDown: "PageDown",
    Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End",
    Qt.Key.Key_F1: "F1",
}
_FIRST, _LAST = 0x20, 0x7E  # printable ASCII, where Qt's numbers are those of the characters


def key_name(event: QKeyEvent) -> str:
    """``1``, ``z``, ``Shift+z``, ``Ctrl+y``, ``ArrowLeft``; "" for a key that is none of ours.

    Letters and signs are what the keyboard's layout makes of the key: a digit is a digit also where
    it takes Shift. Keys with Alt belong to the menus.
    """
    modifiers = event.modifiers()
    if modifiers & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier):
        return ""
    shift = "Shift+" if modifiers & Qt.KeyboardModifier.ShiftModifier else ""
    control = "Ctrl+" if modifiers & Qt.KeyboardModifier.ControlModifier else ""
    if named := _NAMED.get(event.key()):
        return control + shift + named
    if control:
        number = int(event.key())
        return control + shift + chr(number).lower() if _FIRST <= number <= _LAST else ""
    text: str = event.text()
    if len(text) != 1 or not text.isprintable():
        return ""
    return shift + text.lower() if text.isalpha() else text
