"""What a review needs to know before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from cryoal.campaign.audit_ready import USUAL
from cryoal.errors import LabelError
from cryoal.napari_plugin.opening import Request
from cryoal.napari_plugin.words import KINDS, MODES, ORDERS
from cryoal.review.annotator import login

if TYPE_CHECKING:
    from cryoal.review.modes import Mode
    from cryoal.review.orders import Order

__all__ = ["Start", "StartForm"]


@dataclass(frozen=True)
class Start:
    """The answers of the form."""

    folder: Path
    annotator: str
    wanted: Request


class StartForm(QWidget):
    """Folder, annotator, queue, order, suggestions; and one line for what is wrong with them."""

    started = Signal(object)
    """A :class:`Start`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder = QLineEdit()
        self.folder.setPlaceholderText("made by cryoal init")
        self.annotator = QLineEdit(_login())
        self.kind = _choice(KINDS)
        self.order = _choice(ORDERS)
        self.mode = _choice({"": "as the campaign says", **MODES})
        self.start = QPushButton("Start")
        self.audit = QPushButton(f"Draw an audit of {USUAL} boxes")
        self.audit.setToolTip("at random, to know how good the classes are; an open one goes on")
        self.message = QLabel()
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setWordWrap(True)
        self.message.setAccessibleName("Message")
        browse = QPushButton("Browse...")
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(browse)
        layout = QFormLayout(self)
        layout.addRow("Campaign folder", row)
        layout.addRow("Annotator", self.annotator)
        layout.addRow("Boxes", self.kind)
        layout.addRow("Order", self.order)
        layout.addRow("Suggestions", self.mode)
        layout.addRow("", self.start)
        layout.addRow("", self.audit)
        layout.addRow(self.message)
        for name, widget in (
            ("Campaign folder", self.folder),
            ("Annotator", self.annotator),
            ("Boxes", self.kind),
            ("Order", self.order),
            ("Suggestions", self.mode),
        ):
            widget.setAccessibleName(name)
        browse.clicked.connect(self._browse)
        self.start.clicked.connect(lambda: self._emit())
        self.audit.clicked.connect(lambda: self._emit(USUAL))
        self.folder.returnPressed.connect(lambda: self._emit())

    def say(self, message: str, *, is_busy: bool = False) -> None:
        """One line below the form; while `is_busy` it cannot be started again."""
        self.message.setText(message)
        self.start.setEnabled(not is_busy)
        self.audit.setEnabled(not is_busy)

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Campaign folder", self.folder.text())
        if folder:
            self.folder.setText(folder)

    def _emit(self, draw: int = 0) -> None:
        text = self.folder.text().strip()
        if not text or not self.start.isEnabled():
            self.say("expected a campaign folder, found none" if not text else self.message.text())
            return
        self.started.emit(
            Start(
                folder=Path(text).expanduser(),
                annotator=self.annotator.text().strip(),
                wanted=Request(
                    which="audit" if draw else str(self.kind.currentData()),
                    order=cast("Order", self.order.currentData() or None),
                    mode=cast("Mode", self.mode.currentData() or None),
                    draw=draw,
                ),
            )
        )


def _choice(texts: dict[str, str]) -> QComboBox:
    box = QComboBox()
    for value, text in texts.items():
        box.addItem(text, value)
    return box


def _login() -> str:
    try:
        return login()
    except LabelError:
        return ""  # the form asks
