"""The table of tomograms: what each holds, sorted by any column; a click opens one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSortFilterProxyModel, Qt
from qtpy.QtWidgets import QAbstractItemView, QTableView, QVBoxLayout, QWidget
from typing_extensions import override

from cryoal.errors import CryoALError
from cryoal.napari_plugin.campaign_line import CampaignLine
from cryoal.napari_plugin.desk import desk_of
from cryoal.napari_plugin.said import said
from cryoal.napari_plugin.tomogram_counts import TomogramCounts, counts_of_tomograms
from cryoal.napari_plugin.work_panel import WorkPanel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.viewer import Viewer

__all__ = ["TomogramTable", "TomogramsPanel"]

BY = Qt.ItemDataRole.UserRole  # what a column is sorted by


class TomogramTable(QAbstractTableModel):
    """The rows of :func:`~cryoal.napari_plugin.tomogram_counts.counts_of_tomograms`."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[TomogramCounts] = []
        self._classes: tuple[str, ...] = ()

    def show(self, rows: Sequence[TomogramCounts], classes: Sequence[str]) -> None:
        """Take the place of what was there."""
        self.beginResetModel()
        self._rows, self._classes = list(rows), tuple(classes)
        self.endResetModel()

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns."""
        return ("tomogram", "candidates", "labels", *self._classes, "doubt")

    def values(self, row: int) -> tuple[str | int | float, ...]:
        """What stands in a row."""
        found = self._rows[row]
        return (found.name, found.n, found.n_labelled, *found.by_class, found.doubt)

    @override
    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.header)

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.ToolTipRole and section == len(self.header) - 1:
            return "mean over the boxes that the classifier decides, 0 sure to 1"
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self.header[section]

    @override
    def data(self, index: QModelIndex, role: int = 0) -> Any:
        value = self.values(index.row())[index.column()]
        if role == BY:
            return -1.0 if isinstance(value, float) and math.isnan(value) else value
        if role == Qt.ItemDataRole.TextAlignmentRole and not isinstance(value, str):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if isinstance(value, float):
            return "" if math.isnan(value) else f"{value:.2f}"
        return value if isinstance(value, str) else f"{value:,}"


class TomogramsPanel(WorkPanel):
    """Candidates, labels, boxes of each class and mean doubt; a click shows the tomogram."""

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = napari_viewer
        self._desk = desk_of(napari_viewer)
        self.line = CampaignLine(self._desk)
        self.model = TomogramTable()
        self._sorted = QSortFilterProxyModel()
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(BY)
        self.view = QTableView()
        self.view.setModel(self._sorted)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.verticalHeader().hide()
        self.view.setAccessibleName("Tomograms")
        layout = QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(self.view, 1)
        self.view.setMinimumHeight(140)
        self.view.clicked.connect(self._open)
        self.view.activated.connect(self._open)  # Enter
        self._desk.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Count anew."""
        try:
            boxes = self._desk.boxes()
        except (CryoALError, OSError) as error:
            self.line.say(said(error))
            return
        if boxes is None:
            self.model.show([], ())
            if self._desk.campaign is not None:
                self.line.say("no tomogram yet: add some with the widget 'Start a campaign'")
            return
        self.line.say("")
        self.model.show(counts_of_tomograms(boxes), boxes.classes)
        self.view.resizeColumnsToContents()

    def _open(self, index: QModelIndex) -> None:
        from cryoal.napari_plugin.class_panel import show_classes

        name = self.model.values(self._sorted.mapToSource(index).row())[0]
        show_classes(self._viewer, str(name))
