"""The widget of the next round: train and query, classify, audit, export, with their progress."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from cryoal.commands import command
from cryoal.errors import CryoALError
from cryoal.how_many import how_many
from cryoal.jobs.rounds import FIRST, next_steps
from cryoal.napari_plugin.campaign_line import CampaignLine, message_label
from cryoal.napari_plugin.desk import desk_of
from cryoal.napari_plugin.job_bar import JobBar
from cryoal.napari_plugin.said import said
from cryoal.napari_plugin.save_form import FormatChoice, named_for
from cryoal.napari_plugin.work_panel import WorkPanel

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from cryoal.jobs.rounds import Step
    from cryoal.jobs.state import State

__all__ = ["NextPanel"]

ALL = "all classes"


class NextPanel(WorkPanel):
    """Buttons of the commands that go on from here; each runs in a process of its own."""

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = napari_viewer
        self._desk = desk_of(napari_viewer)
        self._steps: dict[str, Step] = {}
        self.line = CampaignLine(self._desk)
        self.stand = QLabel()
        self.stand.setWordWrap(True)
        self.n = QSpinBox()
        self.n.setAccessibleName("Boxes of the next query")
        self.n.setRange(1, 100_000)
        self.n.setValue(FIRST)
        self.n.setSuffix(" boxes")
        self.buttons = {name: QPushButton() for name in ("select", "classify", "audit")}
        self.review = QPushButton("Review the query")
        self.why = message_label()
        self.job = JobBar()
        self.format = FormatChoice()
        self.only = QComboBox()
        self.only.setAccessibleName("Class to export")
        self.least = QDoubleSpinBox()
        self.least.setAccessibleName("Least probability to export")
        self.least.setRange(0.0, 1.0)
        self.least.setSingleStep(0.05)
        self.path = QLineEdit()
        self.path.setAccessibleName("File to export to")
        self.export = QPushButton("Export")
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.addWidget(self.line)
        layout.addWidget(self.stand)
        row = QHBoxLayout()
        row.addWidget(self.n)
        row.addWidget(self.buttons["select"], 1)
        layout.addLayout(row)
        layout.addWidget(self.review)
        layout.addWidget(self.buttons["classify"])
        layout.addWidget(self.buttons["audit"])
        layout.addWidget(self.why)
        layout.addWidget(self.job)
        group = QGroupBox("Export")
        form = QFormLayout(group)
        form.addRow("Format", self.format)
        form.addRow("Class", self.only)
        form.addRow("Probability from", self.least)
        row = QHBoxLayout()
        browse = QPushButton("Browse...")
        browse.clicked.connect(self._browse)
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        form.addRow("Save as", row)
        form.addRow("", self.export)
        layout.addWidget(group)
        layout.addStretch(1)
        self.hold(inner)

    def _connect(self) -> None:
        for name, button in self.buttons.items():
            button.clicked.connect(lambda _=False, name=name: self.run(name))
        self.review.clicked.connect(self._review)
        self.export.clicked.connect(self._export)
        self.job.began.connect(self.refresh)
        self.job.ended.connect(self._ended)
        self._desk.changed.connect(self.refresh)

    def refresh(self) -> None:
        """What can be done now, and what stands in the way of the rest."""
        campaign = self._desk.campaign
        if campaign is None:
            self.stand.setText("")
            for button in (*self.buttons.values(), self.review, self.export):
                button.setEnabled(False)
            return
        self.job.watch(campaign.typed)
        try:
            self._steps = {step.name: step for step in next_steps(campaign)}
            boxes = self._desk.boxes()
            n_labels = 0 if boxes is None else int((boxes.label >= 0).sum())
            n_boxes = 0 if boxes is None else len(boxes)
        except (CryoALError, OSError) as error:
            self.line.say(said(error))
            return
        cycles = campaign.cycles()
        self.stand.setText(
            f"{how_many(n_boxes, 'box', spec=',')}, {how_many(n_labels, 'label', spec=',')}, "
            f"{how_many(len(cycles), 'query', 'queries')}"
            + ("" if boxes is None or boxes.told is None else ", classified")
        )
        is_busy = self.job.is_running
        lines = []
        for name, button in self.buttons.items():
            step = self._steps[name]
            button.setText(step.title if name != "select" else "Train, and select the next boxes")
            button.setToolTip(step.command(campaign))
            button.setEnabled(step.why_not is None and not is_busy)
            if step.why_not is not None:
                lines.append(f"{step.title}: {step.why_not}")
        self.buttons["select"].setAccessibleName("Select")
        self.why.setText("" if is_busy else "\n".join(dict.fromkeys(lines)))
        self.review.setEnabled(bool(cycles))
        self.review.setToolTip(command("review", campaign.typed))
        export = self._steps["export"]
        self.export.setEnabled(export.why_not is None and not is_busy)
        self.export.setToolTip(export.why_not or export.command(campaign))
        wanted = [ALL, *campaign.config.classes]
        if [self.only.itemText(i) for i in range(self.only.count())] != wanted:
            self.only.clear()
            self.only.addItems(wanted)

    def run(self, name: str) -> None:
        """Start the command of a button."""
        words = self._steps[name].arguments
        if name == "select":
            words = ("select", "-n", str(self.n.value()))
        self._start(words)

    def _export(self) -> None:
        text = self.path.text().strip()
        if not text:
            self.line.say("expected a file to export to, found none")
            return
        to = self.format.name
        path = named_for(to, text).absolute()  # the process may be in another folder
        words = ["export", "--to", to, "--output", str(path)]
        if self.only.currentIndex() > 0:
            words.append(f"--class={self.only.currentText()}")  # it may begin with a dash
        if self.least.value() > 0:
            words += ["--min-probability", f"{self.least.value():g}"]
        self._start(words)

    def _start(self, words: tuple[str, ...] | list[str]) -> None:
        campaign = self._desk.campaign
        if campaign is None:
            return
        self.line.say("")
        self.job.start(campaign.typed, words)  # which says what is in the way

    def _ended(self, state: State) -> None:
        self._desk.renew()
        if state.kind == "failed":
            self.line.say(state.line)

    def _review(self) -> None:
        from cryoal.napari_plugin.review_dock import open_review_dock

        campaign = self._desk.campaign
        if campaign is not None:
            open_review_dock(self._viewer, campaign.typed, self._desk.annotator)

    def _browse(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self,
            "Save as",
            self.path.text(),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if name:
            self.path.setText(str(Path(name)))
