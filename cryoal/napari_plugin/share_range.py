"""Two ends of a share between 0 and 1, as numbers to type or to step with the arrows."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QWidget

__all__ = ["ShareRange"]


class ShareRange(QWidget):
    """From, to; the one that is moved takes the other along."""

    changed = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.low, self.high = QDoubleSpinBox(), QDoubleSpinBox()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for box, name, value in ((self.low, "from", 0.0), (self.high, "to", 1.0)):
            box.setRange(0.0, 1.0)
            box.setSingleStep(0.05)
            box.setDecimals(2)
            box.setValue(value)
            box.setAccessibleName(f"{title} {name}")
            box.setKeyboardTracking(False)  # half-typed numbers are no filter
            layout.addWidget(box, 1)
        layout.insertWidget(1, QLabel("to"))
        self.low.valueChanged.connect(self._low_moved)
        self.high.valueChanged.connect(self._high_moved)

    @property
    def value(self) -> tuple[float, float]:
        """Both ends."""
        return round(self.low.value(), 2), round(self.high.value(), 2)

    def set_value(self, value: tuple[float, float]) -> None:
        """Both ends; nothing is told."""
        for box, end in ((self.low, value[0]), (self.high, value[1])):
            box.blockSignals(True)
            box.setValue(end)
            box.blockSignals(False)

    def _low_moved(self, low: float) -> None:
        if self.high.value() < low:
            self.set_value((low, low))
        self.changed.emit()

    def _high_moved(self, high: float) -> None:
        if self.low.value() > high:
            self.set_value((high, high))
        self.changed.emit()
