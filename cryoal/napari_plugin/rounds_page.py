"""How far it is when a queue ends, and the next round: train, ask, classify, audit, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari.qt.threading import thread_worker
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

from cryoal.commands import command
from cryoal.errors import CryoALError
from cryoal.how_many import how_many
from cryoal.io.picks.write import WRITERS
from cryoal.jobs.rounds import next_steps
from cryoal.napari_plugin.check_list import QuietList
from cryoal.napari_plugin.opening import Request
from cryoal.napari_plugin.side_page import SidePage
from cryoal.review.closing import closing, trend_lines
from cryoal.review.progress import said_time

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from cryoal.jobs.rounds import Step
    from cryoal.napari_plugin.overviews import Known
    from cryoal.review.closing import Closing
    from cryoal.review.session import Session

__all__ = ["RoundsPage"]

TITLES = {
    "select": "Train, and select the next boxes",
    "classify": "Classify all boxes",
    "audit": "Draw an audit",
    "export": "Export",
}
USUAL = "relion5"


class RoundsPage(SidePage):
    """What was answered, and a button for each command that goes on from here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session: Session | None = None
        self._known: Known | None = None
        self._is_busy = False
        self._differs: tuple[int, ...] = ()
        self._steps: dict[str, Step] = {}
        self.told = QLabel()
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setWordWrap(True)
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.told.setAccessibleName("How far it is")
        self.trend = QLabel()
        self.trend.setTextFormat(Qt.TextFormat.PlainText)
        self.trend.setWordWrap(True)
        self.trend.setAccessibleName("How the classifier comes on")
        self.differences = QuietList()
        self.differences.setAccessibleName("Boxes that differ from the suggestion")
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
        self.n.valueChanged.connect(lambda _: self._tell())
        self.output.textChanged.connect(lambda _: self._tell())
        self.format.currentIndexChanged.connect(lambda _: self._tell())
        self.differs.clicked.connect(self._open_differs)
        self.differences.itemActivated.connect(lambda i: self._go(self.differences.row(i)))
        self.differences.itemClicked.connect(lambda i: self._go(self.differences.row(i)))
        self.query.clicked.connect(self._open_query)

    def _lay_out(self) -> None:
        left = QGroupBox("This queue")
        column = QVBoxLayout(left)
        column.addWidget(self.told)
        column.addWidget(self.differences, 1)
        column.addWidget(self.differs)
        column.addWidget(self.trend)
        column.addStretch()
        right = QGroupBox("The next round")
        self._grid = QGridLayout(right)
        for row, name in enumerate(("select", "classify", "audit", "export")):
            button = self.buttons[name] = QPushButton(TITLES[name])
            button.setEnabled(False)  # until it is known what stands in the way
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
        now = closing(session, with_outlook=False)
        self._show_trend(())
        self.told.setText("\n".join(told_of(now)))
        self._differs = tuple(difference.number for difference in now.differs)
        self.differences.clear()
        for one in now.differs:
            self.differences.addItem(f"{one.key}: {one.suggestion} suggested, {one.label} given")
        for widget in (self.differences, self.differs):
            widget.setVisible(bool(now.differs))
        n = len(dict.fromkeys(one.key for one in now.differs))
        self.differs.setText(f"Look again at the {n} that differ from the suggestion")
        self.query.hide()
        if known is not None:
            self.show_known(known)
        self.buttons["select"].setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def show_known(self, known: Known) -> None:
        self._known = known
        if not self._is_busy:
            self._is_busy = True
            thread_worker(_outlook, connect={"returned": self._looked})(known)

    def _looked(self, found: tuple[Known, tuple[Step, ...], tuple[str, ...]] | str) -> None:
        """In the main thread again; labels or a query may have come meanwhile."""
        self._is_busy = False
        if isinstance(found, str):
            self.said.emit(found)
            return
        known, steps, trend = found
        self._show_steps(known, steps)
        self._show_trend(trend)
        self._show_query(known)
        if self._known is not None and self._known is not known:
            self.show_known(self._known)

    def _show_steps(self, known: Known, steps: tuple[Step, ...]) -> None:
        is_first = not self._steps
        self._steps = {step.name: step for step in steps}
        for name, step in self._steps.items():
            if name == "audit":
                self.buttons[name].setText(step.title)  # which says of how many boxes
            self.buttons[name].setToolTip(command(*self._words(name, known.campaign.typed)))
            self.buttons[name].setEnabled(step.why_not is None)
            self.why[name].setText(step.why_not or "")
            self.why[name].setVisible(step.why_not is not None)
        if is_first:
            self.n.setValue(int(self._steps["select"].arguments[-1]))

    def _show_trend(self, trend: tuple[str, ...]) -> None:
        self.trend.setText("\n".join(trend))

    def _show_query(self, known: Known) -> None:
        """Offer a query that is newer than the one in front, or not answered yet."""
        newest = next((c for c in known.choices if c.which.startswith("cycle:")), None)
        name = "" if self._session is None else self._session.queue.name
        is_new = newest is not None and newest.which != name.replace("cycle ", "cycle:")
        self.query.setVisible(newest is not None and is_new and bool(newest.n_open))
        if newest is not None:
            self.query.setText(f"Review {newest.title}: {newest.said}")

    def _words(self, name: str, campaign: Path) -> tuple[str, ...]:
        """The command of a button, as it would be typed."""
        first, *others = self._arguments(name)
        return (first, str(campaign), *others)

    def _arguments(self, name: str) -> tuple[str, ...]:
        words = self._steps[name].arguments
        if name == "select":
            return (*words[:-1], str(self.n.value()))
        if name == "export":
            text = self.output.text().strip()
            # the command may run in another folder
            path = str(Path(text).expanduser().absolute()) if text else "FILE"
            return (*words, "--to", self.format.currentText(), "--output", path)
        return words

    def _start(self, name: str) -> None:
        if name == "export" and not self.output.text().strip():
            self.said.emit("expected a file to export to, found none")
            return
        self.ordered.emit(self._arguments(name))

    def _tell(self) -> None:
        """The commands as they are chosen now."""
        if self._known is not None:
            for name in self._steps:
                words = self._words(name, self._known.campaign.typed)
                self.buttons[name].setToolTip(command(*words))

    def _browse(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Export to", self.output.text())
        if name:
            self.output.setText(name)

    def _open_query(self) -> None:
        self.asked.emit(Request("query"))

    def _open_differs(self) -> None:
        if self._session is not None:
            items = self._session.queue.items
            keys = dict.fromkeys(items[number].key for number in self._differs)
            self.asked.emit(Request("keys", keys=tuple(keys)))

    def _go(self, place: int) -> None:
        if 0 <= place < len(self._differs):
            self.went.emit(self._differs[place])


def told_of(now: Closing) -> list[str]:
    """What there is to say of a queue that ends, or of one that one leaves."""
    n_done = now.n_answered + now.n_unsure
    have = how_many(now.n_boxes, "box has", "boxes have")
    out = [f"{'Every box has' if n_done == now.n_boxes else f'{n_done} of {have}'} an answer."]
    counts = [f"{name} {n}" for name, n in now.by_class.items() if n]
    counts += [f"{n} {word}" for n, word in ((now.n_unsure, "unsure"), (now.n_skipped, "skipped"),
                                             (now.n_flagged, "flagged")) if n]  # fmt: skip
    out += [", ".join(counts)] if counts else []
    if n_done and now.seconds:
        out.append(
            f"{said_time(now.seconds)} in front of boxes, {now.seconds / n_done:.1f} s for each"
        )
    if now.n_passed:
        some = how_many(now.n_passed, "box of the audit was", "boxes of the audit were")
        out.append(f"{some} among them, and left it")
    if now.n_suggested:
        same = now.n_suggested - len(now.differs)
        out.append(f"{same} of {now.n_suggested} as was suggested")
    return out


def _outlook(known: Known) -> tuple[Known, tuple[Step, ...], tuple[str, ...]] | str:
    """In the other thread."""
    try:
        return known, next_steps(known.campaign), trend_lines(known.campaign)
    except (CryoALError, OSError) as error:
        return str(error)
