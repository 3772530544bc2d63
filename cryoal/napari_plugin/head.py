"""Above the boxes: how far one is, what the last key did, and what every key means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget
from superqt import QFlowLayout
from typing_extensions import override

from cryoal.marks import JUNK, UNSURE
from cryoal.napari_plugin.draw_mark import mark_icon
from cryoal.napari_plugin.paper import Paper

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

    from cryoal.review.session import Session

__all__ = ["Head"]

BUTTONS = (
    ("s", "S  skip"),
    ("n", "N  new class"),
    ("z", "Z  undo"),
    ("f", "F  flag"),
    ("l", "L  low-pass"),
    ("i", "I  invert"),
    ("g", "G  tomogram"),
    ("?", "?  all keys"),
)
BAD = ("not recorded", "expected")  # how errors begin
ALARM = "background: #a3261c; color: white; padding: 3px;"
BREAK = "25 minutes: a short break keeps the eye sharp"


class Head(QWidget):
    """Progress, message, and a button for each class and for the keys used most."""

    pressed = Signal(str)
    """The key that a button stands for; ``class:`` and a name for a class without a key."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._keys: tuple[tuple[str, str], ...] = ()
        self._is_bad = False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._bar = _Bar()
        self.progress = QLabel()
        self.progress.setAccessibleName("Progress")
        self.message = QLabel()
        self.message.setAccessibleName("Message")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self.progress, self.message):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._buttons = QWidget()
        self._flow = QFlowLayout(self._buttons)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._flow.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._bar)
        layout.addWidget(self.progress)
        layout.addWidget(self._buttons)
        layout.addWidget(self.message)

    def begin(self, session: Session) -> None:
        """Tell of another queue."""
        self._session = session

    def refresh(self, message: str) -> None:
        """Tell how things stand now."""
        session, progress = self._session, self._session.progress()
        self._bar.show_parts(
            progress.n_boxes,
            [
                *((session.class_mark(name).colour, n) for name, n in progress.by_class.items()),
                (UNSURE.colour, progress.n_unsure),
            ],
        )
        modes = {
            "open": "",
            "after": ", suggestions after the answer",
            "blind": ", suggestions hidden",
        }
        queue = f"{session.queue.name} by {session.queue.order}{modes[session.mode]}"
        about = f"{session.annotator}, {queue}"
        self.progress.setText(f"{progress.line()}  ·  {about}")
        is_bad = message.startswith(BAD)
        if is_bad != self._is_bad:
            self._is_bad = is_bad
            self.message.setStyleSheet(ALARM if is_bad else "")
        hint = f"; {BREAK}" if progress.is_break_due else ""
        self.message.setText((message or "ready") + hint)
        keys = tuple((name, key) for key, name in session.keys.items())
        keys += tuple((name, "") for name in session.classes if (name, "") not in keys
                      and name not in session.keys.values())  # fmt: skip
        if keys != self._keys:
            self._keys = keys
            self._fill()

    def _fill(self) -> None:
        """A button for each class, then the others."""
        while (item := self._flow.takeAt(0)) is not None:
            item.widget().deleteLater()
        junk = self._session.junk_class
        for name, key in self._keys:
            text = f"{key.upper()}  {name}".strip()
            self._add(text, key or f"class:{name}", mark_icon(self._session.class_mark(name)))
        if junk not in self._session.classes:
            self._add(f"J  {junk}", "j", mark_icon(JUNK))
        self._add("U  unsure", "u", mark_icon(UNSURE))
        for key, text in BUTTONS:
            self._add(text, key, None)

    def _add(self, text: str, key: str, icon: object) -> None:
        button = QToolButton()
        button.setText(text.replace("&", "&&"))
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setAccessibleName(text)
        if icon is not None:
            button.setIcon(icon)
            button.setIconSize(QSize(14, 14))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda: self.pressed.emit(key))
        self._flow.addWidget(button)


class _Bar(QWidget):
    """A thin line: each class in its colour, then what is left."""

    def __init__(self) -> None:
        super().__init__()
        self._n = 1
        self._parts: list[tuple[str, int]] = []
        self.setFixedHeight(6)
        self.setAccessibleName("Progress bar")

    def show_parts(self, n: int, parts: list[tuple[str, int]]) -> None:
        self._n, self._parts = n, parts
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), Paper.of(self).line)
        left = 0.0
        for colour, count in self._parts:
            width = self.width() * count / self._n
            painter.fillRect(QRectF(left, 0, width, self.height()), QColor(colour))
            left += width
        painter.end()
