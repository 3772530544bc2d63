"""Which boxes are on show: by class, probability, doubt and whether an expert has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QWidget,
)

from cryoal.napari_plugin.draw_mark import mark_icon
from cryoal.review.where import NO_CLASS, Where, counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.campaign.overview import Overview
    from cryoal.marks import Mark
    from cryoal.review.where import Answered

__all__ = ["Filters"]

ANSWERED = {"any": "all boxes", "yes": "answered by an expert", "no": "not answered yet"}
EDGE = 12  # pixels of a class's mark
NAME = Qt.ItemDataRole.UserRole


class Filters(QWidget):
    """A form whose state is a :class:`~cryoal.review.where.Where`; counts stand beside classes."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes = QListWidget()
        self.classes.setAccessibleName("Classes")
        self.classes.setIconSize(QSize(EDGE, EDGE))
        self.least, self.most = _share(0.0), _share(1.0)
        self.least.setAccessibleName("Probability from")
        self.most.setAccessibleName("Probability to")
        self.doubt_from, self.doubt_to = _share(0.0), _share(1.0)
        self.doubt_from.setAccessibleName("Doubt from")
        self.doubt_to.setAccessibleName("Doubt to")
        self.answered = QComboBox()
        self.answered.setAccessibleName("Answers")
        for value, text in ANSWERED.items():
            self.answered.addItem(text, value)
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addRow("Classes", self.classes)
        layout.addRow("Probability", _pair(self.least, self.most))
        layout.addRow("Doubt", _pair(self.doubt_from, self.doubt_to))
        layout.addRow("Answers", self.answered)
        self.classes.itemChanged.connect(lambda _: self.changed.emit())
        for box in (self.least, self.most, self.doubt_from, self.doubt_to):
            box.valueChanged.connect(lambda _: self.changed.emit())
        self.answered.currentIndexChanged.connect(lambda _: self.changed.emit())

    def where(self, tomogram: str = "") -> Where:
        """The filter as it stands; of one tomogram where one is named."""
        items = [self.classes.item(row) for row in range(self.classes.count())]
        chosen = tuple(i.data(NAME) for i in items if i.checkState() == Qt.CheckState.Checked)
        return Where(
            classes=() if len(chosen) in (0, len(items)) else chosen,
            probability=_ordered(self.least, self.most),
            doubt=_ordered(self.doubt_from, self.doubt_to),
            tomograms=(tomogram,) if tomogram else (),
            answered=cast("Answered", self.answered.currentData()),
        )

    @property
    def is_empty(self) -> bool:
        """Whether no class is chosen, so that nothing is to be seen."""
        items = [self.classes.item(row) for row in range(self.classes.count())]
        return bool(items) and all(i.checkState() != Qt.CheckState.Checked for i in items)

    def show_counts(self, boxes: Overview, marks: Mapping[str, Mark], tomogram: str = "") -> None:
        """Classes with their marks, and how many boxes each would leave."""
        names = [*boxes.classes, NO_CLASS]
        there = [self.classes.item(row).data(NAME) for row in range(self.classes.count())]
        self.classes.blockSignals(True)
        if there != names:
            before = {self.classes.item(r).data(NAME): self.classes.item(r).checkState()
                      for r in range(self.classes.count())}  # fmt: skip
            self.classes.clear()
            for name in names:
                item = QListWidgetItem()
                item.setData(NAME, name)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(before.get(name, Qt.CheckState.Checked))
                if name in marks:
                    item.setIcon(mark_icon(marks[name]))
                self.classes.addItem(item)
            height = self.classes.sizeHintForRow(0) * min(len(names), 8) + 6
            self.classes.setFixedHeight(max(height, 40))
        found = counts(boxes, self.where(tomogram)).classes
        for row, name in enumerate(names):
            self.classes.item(row).setText(f"{name or 'no class'}  {found[name]:,}")
        self.classes.blockSignals(False)


def _ordered(low: QDoubleSpinBox, high: QDoubleSpinBox) -> tuple[float, float]:
    a, b = round(low.value(), 4), round(high.value(), 4)
    return min(a, b), max(a, b)


def _share(value: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0.0, 1.0)
    box.setDecimals(2)
    box.setSingleStep(0.05)
    box.setValue(value)
    return box


def _pair(low: QWidget, high: QWidget) -> QWidget:
    both = QWidget()
    row = QHBoxLayout(both)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(low)
    row.addWidget(QLabel("to"))
    row.addWidget(high)
    row.addStretch(1)
    return both
