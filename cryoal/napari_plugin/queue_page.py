"""Which boxes: the queues there are, and filters with the numbers that they would leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from qtpy.QtCore import QSize, Qt, QTimer
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
)
from typing_extensions import override

from cryoal.errors import CryoALError
from cryoal.how_many import how_many
from cryoal.marks import OPEN
from cryoal.napari_plugin.check_list import CheckList, QuietList
from cryoal.napari_plugin.draw_mark import mark_icon
from cryoal.napari_plugin.opening import Request
from cryoal.napari_plugin.share_range import ShareRange
from cryoal.napari_plugin.side_page import SidePage
from cryoal.napari_plugin.strip import Strip
from cryoal.napari_plugin.words import ANSWERED, MODES, ORDERS
from cryoal.review.choices import SUGGESTING
from cryoal.review.queue import MOST, rows_of
from cryoal.review.where import EVERYTHING, NO_CLASS, Where, counts
from cryoal.review.which import Which

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from qtpy.QtWidgets import QWidget

    from cryoal.napari_plugin.overviews import Known
    from cryoal.review.modes import Mode
    from cryoal.review.orders import Order
    from cryoal.review.session import Session

__all__ = ["QueuePage"]

WAIT = 60  # milliseconds after the last change before boxes are counted
KEYS = "keys"
UNCOUNTED = ("suspicious",)  # heads are trained to find them
UNFILTERED = ("audit",)  # a fair sample has no filter


class QueuePage(SidePage):
    """Chooses a queue, filters it, opens it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: Known | None = None
        self._among: dict[str, NDArray[np.int64]] = {}
        self.queues = QuietList()
        self.queues.setAccessibleName("Queues")
        self.queues.setIconSize(QSize(14, 14))
        self.keys = QLineEdit()
        self.keys.setPlaceholderText("or keys of boxes, with spaces between")
        self.keys.setAccessibleName("Keys of boxes")
        self.classes = CheckList("Classes")
        self.tomograms = CheckList("Tomograms")
        self.annotators = CheckList("Annotators")
        self.probability = ShareRange("Probability")
        self.doubt = ShareRange("Doubt")
        self.answered = _combo("Answered", ANSWERED)
        self.order = _combo("Order", ORDERS)
        self.suggestions = _combo("Suggestions", MODES)
        self.most = QSpinBox()
        self.most.setRange(1, 5000)
        self.most.setValue(MOST)
        self.most.setAccessibleName("At most so many boxes")
        self.number = QLabel()
        # A label that wraps would make the page as high as it likes to be, and scroll.
        self.number.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.number.setTextFormat(Qt.TextFormat.PlainText)
        self.number.setAccessibleName("How many boxes")
        self.start = QPushButton("Review these")
        self.start.setDefault(True)
        self.like = QPushButton("Boxes like the one in front")
        self.like.setToolTip("those whose descriptors are most like it (Shift+F)")
        self.clear = QPushButton("No filter")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT)
        self._timer.timeout.connect(self.count)
        self.some = Strip("Some of these boxes", n_rows=2)
        self._front = ""
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        left = QGroupBox("Boxes")
        column = QVBoxLayout(left)
        column.addWidget(self.queues, 1)
        column.addWidget(self.keys)
        column.addWidget(self.like)
        self.filters = QGroupBox("Of these only")
        grid = QGridLayout(self.filters)
        for place, (title, widget) in enumerate(
            (("class now", self.classes), ("tomogram", self.tomograms),
             ("answered by", self.annotators))
        ):  # fmt: skip
            grid.addWidget(QLabel(title), 0, place)
            grid.addWidget(widget, 1, place)
        form = QFormLayout()
        form.addRow("probability", self.probability)
        form.addRow("doubt", self.doubt)
        form.addRow("answers", self.answered)
        grid.addLayout(form, 2, 0, 1, 2)
        grid.addWidget(self.clear, 2, 2, Qt.AlignmentFlag.AlignBottom)
        how = QFormLayout()
        how.addRow("order", self.order)
        how.addRow("at most", self.most)
        how.addRow("suggestions", self.suggestions)
        below = QHBoxLayout()
        below.addLayout(how, 1)
        end = QVBoxLayout()
        end.addStretch(1)
        end.addWidget(self.number)
        end.addWidget(self.start)
        below.addLayout(end, 1)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(left, 0, 0, 3, 1)
        layout.addWidget(self.filters, 0, 1)
        layout.addWidget(self.some, 1, 1)
        layout.addLayout(below, 2, 1)
        layout.setColumnStretch(0, 2)
        layout.setColumnStretch(1, 5)
        layout.setRowStretch(0, 1)

    def _connect(self) -> None:
        self.queues.currentRowChanged.connect(lambda _: self._chosen())
        self.queues.itemActivated.connect(lambda _: self.open())
        self.keys.textChanged.connect(lambda _: self._chosen())
        self.keys.returnPressed.connect(self.open)
        for widget in (self.classes, self.tomograms, self.annotators, self.probability, self.doubt):
            widget.changed.connect(self._timer.start)
        self.answered.currentIndexChanged.connect(lambda _: self._timer.start())
        self.most.valueChanged.connect(lambda _: self._timer.start())
        self.suggestions.currentIndexChanged.connect(lambda _: self._another_mode())
        self.clear.clicked.connect(self.let_through)
        self.start.clicked.connect(self.open)
        self.like.clicked.connect(lambda: self.asked.emit(Request(like=(self._front,))))

    @override
    def come(self, session: Session, known: Known | None) -> None:
        self._front = session.queue.items[session.position].key
        self.suggestions.setCurrentIndex(self.suggestions.findData(session.mode))
        if known is None:
            self.number.setText("looking how every box stands ...")
        else:
            self.show_known(known)
        self.queues.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def show_known(self, known: Known) -> None:
        self._known, self._among = known, {}
        is_blind = self.suggestions.currentData() != "open"
        self.some.use(known, is_blind=is_blind)
        for widget in (self.classes, self.probability, self.doubt):
            widget.setVisible(not is_blind)  # they would tell what is predicted
        which = self.which
        icons = {name: mark_icon(mark) for name, mark in known.marks.items()}
        self.queues.blockSignals(True)
        self.queues.clear()
        offered = [
            choice
            for choice in known.choices
            if not (is_blind and Which.parse(choice.which).kind in SUGGESTING)
        ]
        for choice in offered:
            item = QListWidgetItem(f"{choice.title}  {choice.said}".rstrip())
            item.setData(Qt.ItemDataRole.UserRole, choice.which)
            if choice.which.startswith("class:"):
                item.setIcon(icons[choice.which.removeprefix("class:")])
            if choice.n == 0:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.queues.addItem(item)
        places = [choice.which for choice in offered]
        self.queues.setCurrentRow(places.index(which) if which in places else 0)
        self.queues.blockSignals(False)
        self.classes.show_counts(
            dict.fromkeys([*known.boxes.classes, NO_CLASS], 0),
            {**icons, NO_CLASS: mark_icon(OPEN)}, {NO_CLASS: "no class"},
        )  # fmt: skip
        self.count()

    @property
    def which(self) -> str:
        """The queue that is chosen; typed keys go before the list."""
        if self.keys.text().strip():
            return KEYS
        item = self.queues.currentItem()
        return "query" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    @property
    def where(self) -> Where:
        """The filter as it is set."""
        return Where(
            classes=self.classes.ticked,
            probability=self.probability.value,
            doubt=self.doubt.value,
            tomograms=self.tomograms.ticked,
            annotators=self.annotators.ticked,
            answered=self.answered.currentData(),
        )

    def let_through(self) -> None:
        """Take every filter away."""
        for box in (self.classes, self.tomograms, self.annotators):
            box.tick(())
        for box in (self.probability, self.doubt):
            box.set_value((0.0, 1.0))
        self.answered.setCurrentIndex(0)
        self.count()

    def open(self) -> None:
        """Ask for the boxes that are chosen."""
        which = self.which
        self.asked.emit(
            Request(
                which=which,
                where=EVERYTHING if which in UNFILTERED else self.where,
                order=cast("Order", self.order.currentData() or None),
                most=self.most.value(),
                keys=tuple(self.keys.text().replace(",", " ").split()) if which == KEYS else (),
                mode=cast("Mode", self.suggestions.currentData()),
            )
        )

    def count(self) -> None:
        """Put the numbers beside the choices."""
        if self._known is None:
            return
        boxes, which = self._known.boxes, self.which
        self.filters.setEnabled(which not in UNFILTERED)
        try:
            found = counts(boxes, self.where, self._rows(which))
        except CryoALError as error:
            self.number.setText(str(error))
            return
        self.classes.show_counts(found.classes, titles={NO_CLASS: "no class"})
        self.tomograms.show_counts(found.tomograms)
        self.annotators.show_counts(found.annotators)
        for place, name in enumerate(ANSWERED):
            n = sum(found.answered.values()) if name == "any" else found.answered[name]
            self.answered.setItemText(place, f"{ANSWERED[name]}  {n:,}")
        self.number.setText(self._said(which, found.n))
        self.some.show_rows(self._some(which))
        self.start.setEnabled(bool(found.n) or which in (*UNFILTERED, *UNCOUNTED))

    def _said(self, which: str, n: int) -> str:
        if which in UNFILTERED:
            return "audit boxes come in the order of the draw, unfiltered, suggestions hidden"
        if which in UNCOUNTED:
            return "doubtful labels are found when they are opened; that takes a moment"
        most = self.most.value()
        first = f"; the first {most} are opened" if n > most else ""
        return f"{how_many(n, 'box', spec=',')}{first}"

    def _rows(self, which: str) -> NDArray[np.int64] | None:
        """Boxes of the queue before any filter; None for all."""
        if self._known is None or which in (*UNFILTERED, *UNCOUNTED, "all"):
            return None
        if which == KEYS:
            typed = self.keys.text().replace(",", " ").split()
            return rows_of(self._known.campaign, self._known.boxes, Which("keys"), typed)
        if which not in self._among:
            chosen = Which.parse(which)
            self._among[which] = rows_of(self._known.campaign, self._known.boxes, chosen)
        return self._among[which]

    def _some(self, which: str) -> NDArray[np.int64]:
        """Boxes from all over those that pass."""
        if self._known is None or which in (*UNFILTERED, *UNCOUNTED):
            return np.empty(0, np.int64)
        passes, among = self.where.mask(self._known.boxes), self._rows(which)
        rows = np.flatnonzero(passes) if among is None else among[passes[among]]
        n = min(len(rows), self.some.grid.page)
        return rows[np.linspace(0, len(rows) - 1, n).astype(np.int64)] if n else rows

    def _another_mode(self) -> None:
        """What tells of predictions is there where they are to be seen."""
        if self.suggestions.currentData() != "open":
            self.classes.tick(())
            self.probability.set_value((0.0, 1.0))
            self.doubt.set_value((0.0, 1.0))
        if self._known is not None:
            self.show_known(self._known)

    def _chosen(self) -> None:
        self._timer.start()


def _combo(title: str, texts: Mapping[str, str]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(title)
    for value, text in texts.items():
        box.addItem(text, value)
    return box
