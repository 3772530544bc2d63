from __future__ import annotations

import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QKeyEvent

from cryoal.napari_plugin.key_names import key_name
from cryoal.review.keys import ACTIONS

K, M = Qt.Key, Qt.KeyboardModifier
NONE, SHIFT, CTRL, PAD = M.NoModifier, M.ShiftModifier, M.ControlModifier, M.KeypadModifier


@pytest.mark.parametrize(
    ("key", "modifiers", "text", "name"),
    [
        (K.Key_1, NONE, "1", "1"),
        (K.Key_1, PAD, "1", "1"),
        (K.Key_Ampersand, SHIFT, "1", "1"),  # a French keyboard
        (K.Key_Z, NONE, "z", "z"),
        (K.Key_Z, NONE, "Z", "z"),  # caps lock
        (K.Key_Z, SHIFT, "Z", "Shift+z"),
        (K.Key_Z, CTRL, "\x1a", "Ctrl+z"),
        (K.Key_Z, CTRL | SHIFT, "\x1a", "Ctrl+Shift+z"),
        (K.Key_Y, CTRL, "\x19", "Ctrl+y"),
        (K.Key_Question, SHIFT, "?", "?"),
        (K.Key_F1, NONE, "", "F1"),
        (K.Key_Period, NONE, ".", "."),
        (K.Key_Space, NONE, " ", " "),
        (K.Key_Return, NONE, "\r", "Enter"),
        (K.Key_Enter, PAD, "\r", "Enter"),
        (K.Key_Left, SHIFT, "", "Shift+ArrowLeft"),
        (K.Key_PageDown, NONE, "", "PageDown"),
        (K.Key_Escape, NONE, "\x1b", "Escape"),
        (K.Key_Shift, SHIFT, "", ""),
        (K.Key_1, M.AltModifier, "1", ""),
        (K.Key_Tab, NONE, "\t", ""),
    ],
)
def test_keys_have_the_names_of_the_browser(
    key: Qt.Key, modifiers: Qt.KeyboardModifier, text: str, name: str
) -> None:
    assert key_name(QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text)) == name


def test_every_key_of_the_sheet_can_be_pressed() -> None:
    named = {
        "Enter": K.Key_Return, "Escape": K.Key_Escape, "PageUp": K.Key_PageUp, "End": K.Key_End,
        "PageDown": K.Key_PageDown, "Home": K.Key_Home, "F1": K.Key_F1, "ArrowUp": K.Key_Up,
        "ArrowDown": K.Key_Down, "ArrowLeft": K.Key_Left, "ArrowRight": K.Key_Right,
    }  # fmt: skip
    for name in ACTIONS:
        base = name.split("+")[-1]
        modifiers = SHIFT if "Shift+" in name else NONE
        modifiers |= CTRL if "Ctrl+" in name else NONE
        code = named.get(base) or K(ord(base.upper()))
        text = "" if base in named else base
        found = key_name(QKeyEvent(QEvent.Type.KeyPress, code, modifiers, text))
        assert ACTIONS[found] == ACTIONS[name]
