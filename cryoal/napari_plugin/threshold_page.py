"""How sure is sure enough: a slider for each class, with the boxes on both sides of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.qt.threading import thread_worker
from qtpy.QtCore import QPointF, QSize, Qt, QTimer
from qtpy.QtGui import QPainter, QPen, QPolygonF
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from cryoal.campaign.audit_ready import USUAL
from cryoal.campaign.threshold import Thresholds
from cryoal.commands import command
from cryoal.errors import CryoALError
from cryoal.napari_plugin.draw_mark import mark_icon
from cryoal.napari_plugin.opening import Request
from cryoal.napari_plugin.paper import Paper
from cryoal.napari_plugin.side_page import SidePage
from cryoal.napari_plugin.strip import Strip
from cryoal.review.where import Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QPaintEvent

    from cryoal.campaign.threshold import Side
    from cryoal.estimate.audit import Estimate
    from cryoal.napari_plugin.overviews import Known
    from cryoal.review.orders import Order
    from cryoal.review.session import Session

__all__ = ["ThresholdPage"]

STEPS = 1000  # of the slider
START = 0.9  # where classes usually have boxes on both sides
LESS = 5e-7  # half of the last digit in predictions.csv: what is at the threshold is above it
WAIT = 40  # milliseconds after the last move before boxes are drawn anew


class ThresholdPage(SidePage):
    """Counts follow the slider; boxes and the audit's word follow a moment later."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: Known | None = None
        self._made_of: object = None
        self._is_busy = False
        self._is_blind = False
        self._thresholds: Thresholds | None = None
        self.side: Side | None = None
        self.name = QComboBox()
        self.name.setAccessibleName("Class")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setValue(round(START * STEPS))
        self.slider.setPageStep(STEPS // 20)
        self.slider.setAccessibleName("Threshold of the probability")
        self.value = QDoubleSpinBox()
        self.value.setRange(0.0, 1.0)
        self.value.setDecimals(3)
        self.value.setSingleStep(0.01)
        self.value.setValue(START)
        self.value.setAccessibleName("Threshold as a number")
        self.curve = _Curve()
        self.number = _line("How many boxes")
        self.audit = _line("What the audit says")
        self.above = Strip("Boxes just above the threshold", n_rows=2)
        self.below = Strip("Boxes just below the threshold", n_rows=2)
        self.above_said, self.below_said = _line("Above"), _line("Below")
        self.draw = QPushButton(f"Draw an audit of {USUAL} boxes")
        self.draw.setToolTip("at random, to know how good the classes are; an open one goes on")
        self.see_above = QPushButton("Review those above, least sure first")
        self.see_below = QPushButton("Review those below, surest first")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT)
        self._timer.timeout.connect(self.show_side)
        self._lay_out()
        self.name.currentIndexChanged.connect(lambda _: self._another_class())
        self.slider.valueChanged.connect(self._slid)
        self.value.valueChanged.connect(self._typed)
        self.draw.clicked.connect(lambda: self.asked.emit(Request("audit", draw=USUAL)))
        self.see_above.clicked.connect(lambda: self._ask((self.p, 1.0), "least"))
        self.see_below.clicked.connect(lambda: self._ask((0.0, max(0.0, self.p - LESS)), "surest"))
        for strip in (self.above, self.below):
            strip.picked.connect(self._picked)
        self._use(None)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.name)
        top.addWidget(self.slider, 1)
        top.addWidget(self.value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.curve)
        layout.addWidget(self.number)
        line = QHBoxLayout()
        line.addWidget(self.audit, 1)
        line.addWidget(self.draw)
        layout.addLayout(line)
        for said, strip, button in (
            (self.above_said, self.above, self.see_above),
            (self.below_said, self.below, self.see_below),
        ):
            row = QHBoxLayout()
            row.addWidget(said, 1)
            row.addWidget(button)
            layout.addLayout(row)
            layout.addWidget(strip)
        layout.addStretch(1)

    @property
    def p(self) -> float:
        """Where the slider stands."""
        return self.slider.value() / STEPS

    @override
    def come(self, session: Session, known: Known | None) -> None:
        self._is_blind = session.mode != "open"
        if known is None:
            self.number.setText("looking how every box stands ...")
        else:
            self.show_known(known)
        self.slider.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def show_known(self, known: Known) -> None:
        self._known = known
        if self._is_blind:
            self.number.setText(
                "suggestions are hidden in this review: a threshold would show them; choose "
                "another way at 'Which boxes'"
            )
            self._use(None)
            return
        chosen = self.name.currentText()
        self.name.blockSignals(True)
        self.name.clear()
        for name in known.boxes.classes:
            self.name.addItem(mark_icon(known.marks[name]), name)
        self.name.setCurrentIndex(max(0, self.name.findText(chosen)))
        self.name.blockSignals(False)
        for strip in (self.above, self.below):
            strip.use(known, is_blind=False)
        if known.boxes.told is None:
            self.number.setText(
                "expected a classification, found none: "
                + command("classify", known.campaign.typed)
                + ", or the button on 'Next round'"
            )
            self._use(None)
            return
        if not self._is_busy:
            self._is_busy = True
            make = thread_worker(_thresholds, connect={"returned": self._made})
            make(known)

    def _made(self, found: tuple[Known, Thresholds | str]) -> None:
        """In the main thread again; labels may have come meanwhile."""
        self._is_busy = False
        known, thresholds = found
        if isinstance(thresholds, str):
            self.number.setText(thresholds)
            self._use(None)
            return
        self._use(thresholds)
        if self._known is not None and known is not self._known:
            self.show_known(self._known)

    def _use(self, thresholds: Thresholds | None) -> None:
        self._thresholds = thresholds
        for widget in (self.name, self.slider, self.value, self.see_above, self.see_below):
            widget.setEnabled(thresholds is not None)
        if thresholds is None:
            self.side = None
            self.draw.hide()
            self.audit.setText("")
            for strip in (self.above, self.below):
                strip.show_rows(np.empty(0, np.int64))
            return
        self._another_class()

    def _another_class(self) -> None:
        if self._thresholds is not None:
            self.curve.show_curve(self._thresholds.curve(self.name.currentText()), self.p)
            self.show_side()

    def show_side(self) -> None:
        """Say and draw what is on both sides now."""
        if self._thresholds is None:
            return
        name, p = self.name.currentText(), self.p
        side = self.side = self._thresholds.at(name, p)
        labelled = f", and {side.n_labelled:,} with your label" if side.n_labelled else ""
        self.number.setText(
            f"{side.n_kept:,} {name} at {p:.3f} or more{labelled}; {side.n_left:,} below"
        )
        self.audit.setText(said_of(side))
        self.draw.setVisible(side.precision is None)
        self.curve.mark(p)
        self.above_said.setText("just above the line")
        self.below_said.setText("just below it")
        self.above.show_rows(side.above)
        self.below.show_rows(side.below)
        self.see_above.setEnabled(bool(side.n_kept))
        self.see_below.setEnabled(bool(side.n_left))
        if self._known is not None:
            words = ("export", self._known.campaign.typed, "--class", name,
                     "--min-probability", f"{p:g}")  # fmt: skip
            self.number.setToolTip(command(*words))

    def _slid(self, step: int) -> None:
        self.value.blockSignals(True)
        self.value.setValue(step / STEPS)
        self.value.blockSignals(False)
        self._timer.start()

    def _typed(self, p: float) -> None:
        self.slider.setValue(round(p * STEPS))

    def _ask(self, probability: tuple[float, float], order: Order) -> None:
        where = Where(probability=probability, answered="no")
        which = f"class:{self.name.currentText()}"
        self.asked.emit(Request(which, where=where, order=order))

    def _picked(self, row: int) -> None:
        if self._known is not None:
            self.asked.emit(Request("keys", keys=(str(self._known.boxes.keys[row]),)))


def said_of(side: Side) -> str:
    """What the audit says of what would be exported at this point."""
    if side.precision is None and side.recall is None:
        return side.why_not
    parts = []
    if side.precision is not None:
        parts.append(f"of these {_share(side.precision)} are right")
    if side.recall is not None:
        parts.append(f"they are {_share(side.recall)} of all {side.class_name}")
    return "by the audit " + "; ".join(parts)


def _share(estimate: Estimate) -> str:
    value = "unknown" if estimate.value is None else f"{estimate.value:.0%}"
    return f"{value} ({estimate.low:.0%} to {estimate.high:.0%})"


def _thresholds(known: Known) -> tuple[Known, Thresholds | str]:
    """In the other thread."""
    try:
        found = Thresholds(known.campaign, known.boxes)
        found.at(known.boxes.classes[0], 0.5)  # the first takes a moment, the others none
        return known, found
    except (CryoALError, OSError) as error:
        return known, str(error)


def _line(title: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    # One that wraps would make the page as high as it likes to be, and scroll.
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setAccessibleName(title)
    return label


class _Curve(QWidget):
    """How many boxes each threshold would leave."""

    def __init__(self) -> None:
        super().__init__()
        self._points: Sequence[tuple[float, int]] = ()
        self._p = START
        self.setFixedHeight(46)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Boxes left at each threshold")

    def show_curve(self, points: Sequence[tuple[float, int]], p: float) -> None:
        self._points, self._p = points, p
        self.update()

    def mark(self, p: float) -> None:
        self._p = p
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(300, 46)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        paper = Paper.of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), paper.card)
        width, height = self.width() - 1, self.height() - 2
        most = max((n for _, n in self._points), default=0)
        if most:
            line = [QPointF(p * width, height * (1 - n / most) + 1) for p, n in self._points]
            painter.setPen(QPen(paper.ink, 1.6))
            painter.drawPolyline(QPolygonF(line))
            painter.setPen(QPen(paper.faint, 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(self._p * width, 0), QPointF(self._p * width, height))
            painter.setPen(paper.faint)
            flags = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            painter.drawText(self.rect().adjusted(0, 2, -4, 0), flags, f"{most:,}")
        painter.end()
