"""How far it is when a queue ends, and the next round: train, ask, classify, audit, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
)
from typing_extensions import override

from cryoal.errors import CryoALError
from cryoal.io.picks.write import WRITERS
from cryoal.jobs.rounds import next_steps
from cryoal.napari_plugin.opening import Request
from cryoal.napari_plugin.side_page import SidePage

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from cryoal.jobs.rounds import Step
    from cryoal.napari_plugin.overviews import Known
    from cryoal.review.session import Session

__all__ = ["RoundsPage"]

TITLES = {"select": "Train, and select the next boxes", "classify": "Classify all boxes"}
USUAL = "relion5"


class RoundsPage(SidePage):
    """What was answered, and a button for each command that goes on from here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session: Session | None = None
        self._steps: dict[str, Step] = {}
        self.told = QLabel()
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setWordWrap(True)
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.told.setAccessibleName("How far it is")
        self.differs = QPushButton()
        self.differs.setToolTip("boxes of this queue to which you gave another class")
        self.query = QPushButton()
        self.n = QSpinBox()
        self.n.setRange(1, 100_000)
        self.n.setAccessibleName("Boxes of the next query")
        self.buttons: dict[str, QPushButton] = {}
        self.why: dict[str, QLabel] = {}
        self.format = QComboBox()
        self.format.setAccessibleName("Format of the export")
        self.format.addItems(list(WRITERS.names()))
        self.format.setCurrentText(USUAL)
        self.output = QLineEdit()
        self.output.setPlaceholderText("file, or folder, to write")
        self.output.setAccessibleName("File of the export")
        self._lay_out()
        self.differs.clicked.connect(self._open_differs)
        self.query.clicked.connect(self._open_query)

    def _lay_out(self) -> None:
        left = QGroupBox("This queue")
        column = QVBoxLayout(left)
        column.addWidget(self.told, 1)
        column.addWidget(self.differs)
        right = QGroupBox("The next round")
        self._grid = QGridLayout(right)
        for row, name in enumerate(("select", "classify", "audit", "export")):
            button = self.buttons[name] = QPushButton()
            button.clicked.connect(lambda _=False, name=name: self._start(name))
            why = self.why[name] = QLabel()
            why.setWordWrap(True)
            why.setTextFormat(Qt.TextFormat.PlainText)
            self._grid.addWidget(button, 2 * row, 0)
            self._grid.addWidget(why, 2 * row + 1, 0, 1, 2)
        self._grid.addWidget(self.n, 0, 1)
        browse = QPushButton("Browse...")
        browse.clicked.connect(self._browse)
        where = QHBoxLayout()
        where.addWidget(self.format)
        where.addWidget(self.output, 1)
        where.addWidget(browse)
        self._grid.addLayout(where, 8, 0, 1, 2)
        self._grid.addWidget(self.query, 9, 0, 1, 2)
        self._grid.setRowStretch(10, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(left, 1)
        layout.addWidget(right, 1)

    @override
    def come(self, session: Session, known: Known | None) -> None:
        self._session = session
        self.told.setText("\n".join(told_of(session)))
        self._differs = differing(session)
        n = len(self._differs)
        self.differs.setText(f"Look again at the {n} that differ from the suggestion")
        self.differs.setVisible(n > 0)
        self.query.hide()
        if known is not None:
            self.show_known(known)
        (self.query if self.query.isVisible() else self.buttons["select"]).setFocus()

    @override
    def show_known(self, known: Known) -> None:
        if self._session is None:
            return
        campaign = known.campaign
        try:
            steps = next_steps(campaign)
        except CryoALError as error:
            self.said.emit(str(error))
            return
        is_first = not self._steps
        self._steps = {step.name: step for step in steps}
        for name, step in self._steps.items():
            self.buttons[name].setText(TITLES.get(name, step.title))
            self.buttons[name].setToolTip(step.command(campaign))
            self.buttons[name].setEnabled(step.why_not is None)
            self.why[name].setText(step.why_not or "")
            self.why[name].setVisible(step.why_not is not None)
        if is_first:
            self.n.setValue(int(self._steps["select"].arguments[-1]))
        newest = next((c for c in known.choices if c.which.startswith("cycle:")), None)
        of_now = self._session.queue.name.replace("cycle ", "cycle:")
        is_new = newest is not None and newest.which != of_now and bool(newest.n_open)
        self.query.setVisible(is_new)
        if newest is not None and is_new:
            self.query.setText(f"Review the {newest.title}: {newest.said}")

    def _start(self, name: str) -> None:
        words = self._steps[name].arguments
        if name == "select":
            words = (*words[:-1], str(self.n.value()))
        if name == "export":
            text = self.output.text().strip()
            if not text:
                self.said.emit("expected a file to export to, found none")
                return
            path = Path(text).expanduser().absolute()  # the command may run in another folder
            words = (*words, "--to", self.format.currentText(), "--output", str(path))
        self.ordered.emit(words)

    def _browse(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Export to", self.output.text())
        if name:
            self.output.setText(name)

    def _open_query(self) -> None:
        self.asked.emit(Request("query"))

    def _open_differs(self) -> None:
        self.asked.emit(Request("keys", keys=self._differs))


def told_of(session: Session) -> list[str]:
    """What there is to say of a queue that ends, or of one that one leaves."""
    progress = session.progress()
    return [
        "Every box has an answer."
        if progress.n_done == progress.n_boxes
        else f"{progress.n_done} of {progress.n_boxes} boxes have an answer.",
        "",
        *(f"{name}: {n}" for name, n in progress.by_class.items() if n),
    ]


def differing(session: Session) -> tuple[str, ...]:
    """Keys of boxes that were given another class than was suggested."""
    found = (
        (item.key, session.shown(number))
        for number, item in enumerate(session.queue.items)
        if not item.repeat
    )
    return tuple(
        key for key, shown in found
        if shown.status == "answered" and shown.suggestion not in (None, shown.label)
    )  # fmt: skip
