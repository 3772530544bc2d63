"""The line at the head of every widget: which campaign it is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cryoal.errors import CryoALError
from cryoal.napari_plugin.said import said

if TYPE_CHECKING:
    from cryoal.napari_plugin.desk import Desk

__all__ = ["CampaignLine", "message_label"]


class CampaignLine(QWidget):
    """Folder of the campaign, and a line below for what is wrong or was done."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.folder = QLineEdit()
        self.folder.setPlaceholderText("folder of a campaign")
        self.folder.setAccessibleName("Campaign folder")
        self.browse = QPushButton("Browse...")
        self.message = message_label()
        row = QHBoxLayout()
        row.addWidget(QLabel("Campaign"))
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.message)
        self.browse.clicked.connect(self._browse)
        self.folder.returnPressed.connect(self.open)
        desk.changed.connect(self._follow)
        self._follow()

    def say(self, line: str) -> None:
        """One line below."""
        self.message.setText(line)

    def open(self) -> None:
        """Put the folder that is typed on the desk."""
        text = self.folder.text().strip()
        if not text:
            self.say("expected a campaign folder, found none")
            return
        self.say("")  # before: those who listen may have something to say
        try:
            self._desk.open(Path(text))
        except (CryoALError, OSError) as error:
            self.say(said(error))

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Campaign folder", self.folder.text())
        if folder:
            self.folder.setText(folder)
            self.open()

    def _follow(self) -> None:
        path = self._desk.campaign_path
        if path is not None and not self.folder.hasFocus():
            self.folder.setText(str(path))


def message_label() -> QLabel:
    """A label for one line of what is wrong or was done; it can be copied."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setAccessibleName("Message")
    return label
