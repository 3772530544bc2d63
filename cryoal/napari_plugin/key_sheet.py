"""The sheet with every key, over the review."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from cryoal.review.keys import SHEET

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KeySheet"]

WIDE = 900  # pixels: room for two columns


class KeySheet(QFrame):
    """A frame over the window of `owner`; hidden until it is asked for."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setObjectName("key-sheet")
        self.setStyleSheet("#key-sheet { border: 2px solid palette(window-text); }")
        self.setAutoFillBackground(True)
        self.setAccessibleName("All keys")
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.RichText)
        QVBoxLayout(self).addWidget(self._text)
        self.hide()

    def toggle(self, classes: Mapping[str, str]) -> None:
        """Show the sheet, or put it away."""
        if self.isVisible():
            self.hide()
            return
        self.setParent(self._owner.window())  # a review beside a tomogram is too narrow
        lines = [(key.upper(), f"class {name}") for key, name in classes.items()]
        lines += [(binding.shown, binding.meaning) for binding in SHEET]
        half = (len(lines) + 1) // 2
        room = self.parentWidget().rect()
        is_wide = room.width() > WIDE
        columns = [lines[:half], lines[half:]] if is_wide else [lines]
        self._text.setWordWrap(not is_wide)
        self._text.setText(
            "<table><tr>"
            + "".join(f"<td style='padding-right:24px'>{_table(part)}</td>" for part in columns)
            + "</tr></table><p>Esc or ? closes this sheet.</p>"
        )
        self.setFixedWidth(self.sizeHint().width() if is_wide else room.width())
        self.resize(self.width(), max(self.heightForWidth(self.width()), self.sizeHint().height()))
        left, top = (room.width() - self.width()) // 2, (room.height() - self.height()) // 2
        self.move(max(0, left), max(0, top))
        self.show()
        self.raise_()


def _table(lines: list[tuple[str, str]]) -> str:
    rows = (
        f"<tr><td style='padding:1px 12px 1px 0'><b>{escape(keys)}</b></td>"
        f"<td style='padding:1px 0'>{escape(meaning)}</td></tr>"
        for keys, meaning in lines
    )
    return f"<table>{''.join(rows)}</table>"
