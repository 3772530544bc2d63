"""A command at work on a campaign: how far it is, what it says, and how to stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cryoal.errors import CryoALError
from cryoal.jobs.job import Job
from cryoal.review.progress import said_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.jobs.state import State

__all__ = ["JobBar"]

PAUSE = 300  # milliseconds between two looks
STEPS = 1000  # of the progress bar
ENDED = {"done": "done", "failed": "failed", "cancelled": "stopped"}


class JobBar(QWidget):
    """Starts a command of a campaign in a process of its own, and follows it.

    One that another window or an earlier session began is followed too. Closing the window stops
    nothing.
    """

    began = Signal()
    """A command is at work that was not before, also one of another window."""
    ended = Signal(object)
    """The :class:`~cryoal.jobs.state.State` in which a command ended that was seen at work."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._followed: Job | None = None
        self.line = QLabel()
        self.line.setTextFormat(Qt.TextFormat.PlainText)
        self.line.setWordWrap(True)
        self.line.setAccessibleName("What the command says")
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the command")
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("as Ctrl-C in a terminal: nothing is half-written; twice: at once")
        self.stop.clicked.connect(self._cancel)
        self.more = QPushButton("what it printed")
        self.more.setCheckable(True)
        self.output = QPlainTextEdit()
        self.output.setReadOnly(True)
        self.output.setAccessibleName("What the command printed")
        self.output.setMinimumHeight(120)
        self.more.toggled.connect(self.output.setVisible)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop)
        row.addWidget(self.more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line)
        layout.addLayout(row)
        layout.addWidget(self.output)
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self.look)
        self._show_nothing()

    @property
    def is_running(self) -> bool:
        """Whether a command is at work on the campaign."""
        return self._followed is not None

    def watch(self, path: Path) -> None:
        """Follow the commands of a campaign, another one than before perhaps."""
        if path != self._path:
            self._path, self._followed = path, None
            self._show_nothing()
        self._timer.start()
        self.look()

    def start(self, path: Path, arguments: Sequence[str]) -> bool:
        """Start a command, ``("select", "-n", "40")``; why it cannot be is said in the line."""
        self.watch(path)
        try:
            job = Job.start(path, arguments)
        except (CryoALError, OSError) as error:
            self.say(str(error))
            return False
        self._follow(job)
        self.look()
        return True

    def say(self, line: str) -> None:
        """One line, until the command says another."""
        self.setVisible(True)
        self.line.setText(line)

    def look(self) -> None:
        """See how it stands; of a command that was over before anybody looked nothing is said."""
        there = None if self._path is None else Job.current(self._path)
        if there is None:
            return
        state = there.state()
        is_followed = self._followed is not None and there.name == self._followed.name
        if not state.is_over:
            if not is_followed:
                self._follow(there)
            self._show(state)
        elif is_followed:
            self._followed = None
            self._show(state)
            self.ended.emit(state)

    def _follow(self, job: Job) -> None:
        self._followed = job
        self.began.emit()

    def _show(self, state: State) -> None:
        self.setVisible(True)
        is_over = state.is_over
        if is_over:
            line = f"{state.command}: {ENDED[state.kind]}"
            line += f"; {state.line}" if state.line else ""
        else:
            line = f"{state.command}: {state.what or state.line or 'at work'}"
            if state.seconds_left is not None:
                line += f", about {said_time(state.seconds_left)} left"
        self.line.setText(line)
        self.bar.setRange(0, 0 if state.fraction is None else STEPS)  # 0: nobody knows how far
        self.bar.setValue(round(STEPS * (state.fraction or 0)))
        self.bar.setVisible(not is_over)
        self.stop.setVisible(not is_over)
        self.more.setVisible(True)
        if self.output.toPlainText() != state.output:
            self.output.setPlainText(state.output)
            self.output.verticalScrollBar().setValue(self.output.verticalScrollBar().maximum())

    def _cancel(self) -> None:
        if self._followed is None:
            return
        try:
            self._followed.cancel()
        except CryoALError as error:
            self.say(str(error))
        else:
            self.line.setText("stopping ...")

    def _show_nothing(self) -> None:
        self.line.setText("")
        for widget in (self.bar, self.stop, self.more, self.output):
            widget.setVisible(False)
        self.more.setChecked(False)
        self.setVisible(False)
