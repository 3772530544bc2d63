"""A list of values to tick, each with the number of boxes that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import QListWidget, QListWidgetItem
from typing_extensions import override

from cryoal.napari_plugin.key_names import key_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from qtpy.QtGui import QIcon, QKeyEvent

__all__ = ["CheckList", "QuietList"]


class QuietList(QListWidget):
    """A list that leaves letters and digits to the review, and does not search by them."""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        name = key_name(event).removeprefix("Shift+")
        if len(name) == 1 and name.isalnum():
            event.ignore()
        else:
            super().keyPressEvent(event)


class CheckList(QuietList):
    """Values by name; nothing ticked means all. Space ticks what the arrows go to."""

    changed = Signal()

    def __init__(self, title: str, parent: object = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self.setIconSize(QSize(14, 14))
        self.setUniformItemSizes(True)
        self.itemChanged.connect(lambda _: self.changed.emit())

    @property
    def ticked(self) -> tuple[str, ...]:
        """The names that are ticked, in order."""
        items = (self.item(row) for row in range(self.count()))
        return tuple(
            str(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        )

    def show_counts(
        self,
        counts: Mapping[str, int],
        icons: Mapping[str, QIcon] | None = None,
        titles: Mapping[str, str] | None = None,
    ) -> None:
        """Names with their numbers; what was ticked stays so where it is still there."""
        self.blockSignals(True)
        there = {str(self.item(row).data(Qt.ItemDataRole.UserRole)): self.item(row)
                 for row in range(self.count())}  # fmt: skip
        if list(there) != list(counts):
            there = self._fill(counts, self.ticked, icons or {})
        for name, n in counts.items():
            there[name].setText(f"{(titles or {}).get(name, name)}  {n:,}")
        self.blockSignals(False)

    def tick(self, names: Collection[str]) -> None:
        """Tick these and no others."""
        self.blockSignals(True)
        for row in range(self.count()):
            item = self.item(row)
            is_on = item.data(Qt.ItemDataRole.UserRole) in names
            item.setCheckState(Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked)
        self.blockSignals(False)

    def _fill(
        self, counts: Mapping[str, int], ticked: Collection[str], icons: Mapping[str, QIcon]
    ) -> dict[str, QListWidgetItem]:
        self.clear()
        items = {}
        for name in counts:
            item = QListWidgetItem(name)
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if name in ticked else Qt.CheckState.Unchecked)
            if name in icons:
                item.setIcon(icons[name])
            self.addItem(item)
            items[name] = item
        return items
