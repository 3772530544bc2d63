"""The map of the boxes: what looks alike lies together; a lasso makes a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QIcon, QPixmap
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
)
from typing_extensions import override

from cryoal.campaign.map import read_map
from cryoal.how_many import how_many
from cryoal.napari_plugin.draw_mark import mark_icon
from cryoal.napari_plugin.map_colours import COLOURINGS, colouring_of
from cryoal.napari_plugin.map_view import MapView
from cryoal.napari_plugin.opening import Request
from cryoal.napari_plugin.side_page import SidePage
from cryoal.napari_plugin.strip import Strip
from cryoal.review.where import EVERYTHING, Where

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qtpy.QtGui import QColor
    from qtpy.QtWidgets import QWidget

    from cryoal.campaign.map import Map
    from cryoal.napari_plugin.overviews import Known
    from cryoal.review.session import Session

__all__ = ["MapPage"]

SIDE = 262  # pixels: a card
MOST = 1000  # boxes of a lasso that are opened at a time
COMMAND = ("map",)
HINT = (
    "Draw a line around points to review their boxes, all with one key if you like. A click shows "
    "one box. Wheel: zoom; right button: move; arrows and Enter: from point to point."
)


class MapPage(SidePage):
    """The map, its colours, and the box of the point that is ringed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: Known | None = None
        self._map: Map | None = None
        self._front: int | None = None
        self._queue: tuple[int, ...] = ()
        self._numbers: dict[int, int] = {}
        self._is_blind = False
        self._stamp: object = None
        self.view = MapView()
        self.by = QComboBox()
        self.by.setAccessibleName("Colour by")
        for value, text in COLOURINGS.items():
            self.by.addItem(f"colour: {text}", value)
        self.legend = QListWidget()
        self.legend.setAccessibleName("Colours")
        self.legend.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.legend.setIconSize(QSize(12, 12))
        self.legend.setMaximumHeight(190)
        self.said_of = QLabel()
        self.said_of.setTextFormat(Qt.TextFormat.PlainText)
        self.said_of.setWordWrap(True)
        self.said_of.setAccessibleName("What is on the map")
        hint = QLabel(HINT)
        hint.setWordWrap(True)
        self.hint = hint
        self.make = QPushButton("Make the map")
        self.card = Strip("The box of the point")
        self.open_box = QPushButton("Put it in front")
        self.like = QPushButton("Boxes like it")
        self.only_open = QCheckBox("lasso boxes without an answer only")
        self.only_open.setChecked(True)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        for widget in (self.by, self.legend, self.said_of, self.make, self.only_open,
                       self.hint):  # fmt: skip
            side.addWidget(widget)
        side.addStretch(1)
        side.addWidget(self.card)
        row = QHBoxLayout()
        row.addWidget(self.open_box)
        row.addWidget(self.like)
        side.addLayout(row)
        for place in range(side.count()):
            widget = side.itemAt(place).widget()
            if widget is not None:
                widget.setFixedWidth(SIDE)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view, 1)
        layout.addLayout(side)

    def _connect(self) -> None:
        self.by.currentIndexChanged.connect(lambda _: self._colour())
        self.make.clicked.connect(lambda: self.ordered.emit(COMMAND))
        self.view.picked.connect(self._picked)
        self.view.entered.connect(lambda _: self._open_box())
        self.view.lassoed.connect(self._lassoed)
        self.card.picked.connect(lambda _: self._open_box())
        self.open_box.clicked.connect(self._open_box)
        self.like.clicked.connect(self._open_like)

    @override
    def come(self, session: Session, known: Known | None) -> None:
        items = session.queue.items
        self._front = items[session.position].row
        self._queue = tuple(item.row for item in items)
        self._numbers = {item.row: n for n, item in enumerate(items) if not item.repeat}
        self._is_blind = session.mode != "open"
        if known is None:
            self.said_of.setText("looking how every box stands ...")
        else:
            self.show_known(known)
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def show_known(self, known: Known) -> None:
        self._known = known
        self.card.use(known, is_blind=self._is_blind)
        found = read_map(known.campaign)
        is_another = self._map is None or found is None or not _is_same(self._map, found)
        self._map = found
        self.make.setVisible(found is None or not found.is_current)
        self.make.setText("Make the map" if found is None else "Make it anew")
        if found is None:
            self.said_of.setText("there is no map yet; it takes some seconds for 10,000 boxes")
            self.view.show_points(np.empty((0, 2), np.float32))
            self.legend.clear()
            return
        self.said_of.setText(found.said)
        if is_another:
            self.view.show_points(found.xy)
        places = found.at(np.array(self._queue, np.int64))
        self.view.choose(places[places >= 0])
        self._colour()
        self._ring(self._front)

    def _ring(self, row: int | None) -> None:
        if self._map is None or row is None:
            return
        place = int(self._map.at(np.array([row]))[0])
        self.view.ring(place if place >= 0 else None)
        self.card.show_rows(np.array([row]))
        if place < 0:
            self.said_of.setText(f"{self._map.said}; the box in front is not on it")

    def _colour(self) -> None:
        if self._known is None or self._map is None:
            return
        marks, by = self._known.marks, str(self.by.currentData())
        colouring = colouring_of(
            self._known.boxes, self._map.rows, by, marks, is_blind=self._is_blind
        )
        marks = marks if by in ("class", "label") else {}
        self.view.colour(colouring, marks)
        self.legend.clear()
        for name, colour, n in self.view.legend():
            icon = mark_icon(marks[name]) if name in marks else _patch(colour)
            self.legend.addItem(QListWidgetItem(icon, f"{name}  {n:,}"))

    def _row(self, point: int | None) -> int | None:
        return None if point is None or self._map is None else int(self._map.rows[point])

    def _picked(self, point: int) -> None:
        row = self._row(point)
        if row is not None and self._known is not None:
            self.card.show_rows(np.array([row]))
            self.said.emit(str(self._known.boxes.keys[row]))

    def _open_box(self) -> None:
        """Its card in the queue where it is in it, else a queue of it alone."""
        row = int(self.card.rows[0]) if len(self.card.rows) else None
        if row is None or self._known is None:
            return
        if row in self._numbers:
            self.went.emit(self._numbers[row])
        else:
            self.asked.emit(Request("keys", keys=(str(self._known.boxes.keys[row]),)))

    def _open_like(self) -> None:
        if len(self.card.rows) and self._known is not None:
            self.asked.emit(Request(like=(str(self._known.boxes.keys[self.card.rows[0]]),)))

    def _lassoed(self, points: NDArray[np.int64]) -> None:
        if self._map is None or self._known is None:
            return
        boxes, rows = self._known.boxes, self._map.rows[points]
        where = Where(answered="no") if self.only_open.isChecked() else EVERYTHING
        # with those of the audit: they are not shown, but have to leave it with the answers
        rows = rows[where.mask(boxes, with_audit=True)[rows]]
        if boxes.is_audit[rows].all():
            self.said.emit(
                f"{how_many(len(points), 'point', spec=',')}, none without an answer outside of "
                "an audit"
                if self.only_open.isChecked()
                else "these boxes measure the classifier: they are answered in the audit"
            )
            return
        keys = tuple(str(key) for key in boxes.keys[rows])
        self.asked.emit(Request("keys", where=where, keys=keys, most=MOST, selects_all=True))


def _is_same(one: Map, other: Map) -> bool:
    return np.array_equal(one.rows, other.rows) and np.array_equal(one.xy, other.xy)


def _patch(colour: QColor) -> QIcon:
    pixmap = QPixmap(24, 24)
    pixmap.fill(colour)
    return QIcon(pixmap)
