"""The widget of classes in the tomogram: filters, the box that was clicked, new picks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from napari.qt.threading import thread_worker
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cryoal.errors import CryoALError
from cryoal.how_many import how_many
from cryoal.napari_plugin.by_hand import Added, add_by_hand
from cryoal.napari_plugin.campaign_line import CampaignLine, message_label
from cryoal.napari_plugin.class_scene import ClassScene
from cryoal.napari_plugin.desk import desk_of
from cryoal.napari_plugin.draw_mark import mark_icon
from cryoal.napari_plugin.filters import Filters
from cryoal.napari_plugin.hand import Hand
from cryoal.napari_plugin.said import said
from cryoal.napari_plugin.work_panel import WorkPanel, dock_of
from cryoal.review.keys import class_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari.layers import Points
    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from cryoal.data.tomogram_record import TomogramRecord

__all__ = ["ClassPanel", "show_classes"]

NEW = "new picks"
TITLE = "Classes in the tomogram"
NOTHING = "click a box: its class, and buttons to correct it; Shift+click for several"


@dataclass(frozen=True)
class _Picked:
    """What is to be added, for the other thread."""

    path: Path
    record: TomogramRecord
    position: NDArray[np.float64]
    annotator: str
    label: str | None


class ClassPanel(WorkPanel):
    """Boxes of a tomogram by class, in two dimensions and in three."""

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = napari_viewer
        self._desk = desk_of(napari_viewer)
        self.scene = ClassScene(napari_viewer, self._desk, self)
        self._hand: Hand | None = None
        self._path: Path | None = None
        self._n_adding = 0
        self._new: Points | None = None
        self.line = CampaignLine(self._desk)
        self.tomogram = QComboBox()
        self.tomogram.setAccessibleName("Tomogram")
        self.filters = Filters()
        self.text = QCheckBox("class and probability beside each point")
        self.in_3d = QCheckBox("3-D")
        self.count = QLabel()
        self.annotator = QLineEdit(self._desk.annotator)
        self.annotator.setAccessibleName("Annotator")
        self.told = message_label()
        self.told.setText(NOTHING)
        self.buttons = QWidget()
        self.undo = QPushButton("Undo")
        self.unsure = QPushButton("unsure (U)")
        self.save = QPushButton("Save what is shown...")
        self.pick = QPushButton("Click new picks")
        self.pick.setCheckable(True)
        self.pick_class = QComboBox()
        self.pick_class.setAccessibleName("Class of new picks")
        self.add = QPushButton("Add new picks")
        self.message = message_label()
        self._desk.class_panel = self
        self._lay_out()
        self._connect()
        self._follow()

    def _lay_out(self) -> None:
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.addWidget(self.line)
        row = QHBoxLayout()
        row.addWidget(QLabel("Tomogram"))
        row.addWidget(self.tomogram, 1)
        row.addWidget(self.in_3d)
        layout.addLayout(row)
        layout.addWidget(self.filters)
        layout.addWidget(self.count)
        layout.addWidget(self.text)
        layout.addWidget(self.save)
        row = QHBoxLayout()
        row.addWidget(QLabel("Annotator"))
        row.addWidget(self.annotator, 1)
        layout.addLayout(row)
        layout.addWidget(self.told)
        QGridLayout(self.buttons).setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.buttons)
        row = QHBoxLayout()
        row.addWidget(self.unsure)
        row.addWidget(self.undo)
        layout.addLayout(row)
        layout.addWidget(self.pick)
        row = QHBoxLayout()
        row.addWidget(self.pick_class, 1)
        row.addWidget(self.add)
        layout.addLayout(row)
        layout.addWidget(self.message)
        layout.addStretch(1)
        self.hold(inner)

    def _connect(self) -> None:
        scene, desk = self.scene, self._desk
        self.tomogram.activated.connect(lambda _: self._try_show(self.tomogram.currentText()))
        self.filters.changed.connect(self._filter)
        self.text.toggled.connect(scene.set_text)
        self.in_3d.toggled.connect(self._set_3d)
        self.undo.clicked.connect(self._undo)
        self.unsure.clicked.connect(lambda: self.answer(None))
        self.save.clicked.connect(self._save)
        self.pick.toggled.connect(self._pick)
        self.add.clicked.connect(self._add)
        self.annotator.editingFinished.connect(self._rename)
        scene.chosen.connect(self._tell)
        scene.said.connect(self.message.setText)
        scene.came.connect(self._came)
        desk.changed.connect(self._follow)
        self.undo.setToolTip("takes back the last answer that was given here")
        self.save.setToolTip("the boxes that pass the filters, in any format: cryoal export")
        self.add.setToolTip("cut like those of cryoal add, as the set of picks by_hand")
        self.destroyed.connect(_closer(scene))

    def show_tomogram(self, name: str = "") -> None:
        """Show the tomogram `name`; the first one unless named."""
        wanted = name or self.tomogram.currentText()
        if wanted:
            self.tomogram.setCurrentText(wanted)
            self._try_show(wanted)

    def answer(self, label: str | None) -> None:
        """Say `label` of the boxes that are chosen."""
        campaign = self._desk.campaign
        if campaign is None or not self.scene.rows:
            self.message.setText("expected a box that is chosen, found none: click one")
            return
        try:
            if self._hand is None:
                self._hand = Hand(self.annotator.text().strip())
            keys = [str(campaign.pool.keys[row]) for row in self.scene.rows]
            line = self._hand.answer(campaign, keys, label, self._desk.boxes())
        except (CryoALError, OSError) as error:
            self.message.setText(f"not recorded: {said(error)}")
            return
        self._desk.renew()
        self.message.setText(line)

    def _undo(self) -> None:
        try:
            line = (
                "nothing to undo: no answer was given here"
                if self._hand is None
                else self._hand.undo()
            )
        except (CryoALError, OSError) as error:
            line = f"not recorded: {said(error)}"
        self._desk.renew()
        self.message.setText(line)

    def _rename(self) -> None:
        self._desk.annotator = self.annotator.text().strip()
        self._hand = None

    def _follow(self) -> None:
        """The campaign is another one, or stands otherwise."""
        campaign = self._desk.campaign
        try:
            boxes = self._desk.boxes()
        except (CryoALError, OSError) as error:
            self.line.say(said(error))
            return
        names = () if boxes is None else boxes.tomogram_names
        there = [self.tomogram.itemText(i) for i in range(self.tomogram.count())]
        if there != [*names]:
            current = self.tomogram.currentText()
            self.tomogram.clear()
            self.tomogram.addItems([*names])
            if current in names:
                self.tomogram.setCurrentText(current)
        if self.scene.is_of_another or (self.scene.name and self.scene.name not in names):
            self.scene.clear()  # one of that name in another campaign is another tomogram
        if campaign is not None and campaign.path != self._path:
            self._path, self._hand, self._new = campaign.path, None, None  # were of the other
            self.pick.setChecked(False)
        if campaign is None or boxes is None:
            return
        self._make_buttons()
        try:
            self.scene.renew()
        except (CryoALError, OSError) as error:
            self.line.say(said(error))
        self._filter()
        self._tell()

    def _make_buttons(self) -> None:
        campaign = self._desk.campaign
        assert campaign is not None
        classes = campaign.config.classes
        there = [self.pick_class.itemText(i) for i in range(self.pick_class.count())]
        wanted = [*classes, "no class yet"]
        if there == wanted:
            return
        self.pick_class.clear()
        self.pick_class.addItems(wanted)
        grid = self.buttons.layout()
        while grid.count():
            grid.takeAt(0).widget().deleteLater()
        marks = self._desk.marks()
        by_class = {name: key for key, name in self._keys().items()}
        for number, name in enumerate(classes):
            key = f" ({by_class[name].upper()})" if name in by_class else ""
            button = QPushButton(mark_icon(marks[name]), name + key)
            button.setAccessibleName(name)
            button.clicked.connect(lambda _=False, label=name: self.answer(label))
            grid.addWidget(button, number // 2, number % 2)

    def _keys(self) -> dict[str, str]:
        """Class by key, as in a review."""
        campaign = self._desk.campaign
        assert campaign is not None
        return class_keys(campaign.config.classes, campaign.config.review.keys)

    def _filter(self) -> None:
        campaign = self._desk.campaign
        try:
            boxes = self._desk.boxes()
        except (CryoALError, OSError):
            return
        if campaign is None or boxes is None:
            return
        name = self.scene.name
        self.filters.show_counts(boxes, self._desk.marks(), name)
        if not self.scene.is_on_show:
            self.count.setText("")
            return
        n = self.scene.filter(self.filters.where(), hide_all=self.filters.is_empty)
        self.count.setText(f"{how_many(n, 'box', spec=',')} of {name} shown")

    def _tell(self) -> None:
        """The line about the boxes that are chosen."""
        campaign, rows = self._desk.campaign, self.scene.rows
        boxes = None if campaign is None else self._desk.boxes()
        if campaign is None or boxes is None or not rows:
            self.told.setText(NOTHING)
            return
        if len(rows) > 1:
            self.told.setText(f"{len(rows)} boxes chosen")
            return
        row = rows[0]
        words = [str(boxes.keys[row])]
        if boxes.is_held[row]:
            words.append("kept for measuring: answered blind, in a review")
        elif boxes.label[row] >= 0:
            words.append(f"{boxes.classes[boxes.label[row]]} (expert)")
        elif boxes.shown[row] >= 0:
            words.append(f"{boxes.classes[boxes.shown[row]]} {boxes.probability[row]:.0%}")
            words.append(f"doubt {boxes.doubt[row]:.2f}")
        else:
            words.append("no class yet")
        self.told.setText(", ".join(words))

    def _try_show(self, name: str) -> None:
        try:
            self.scene.show(name)
        except (CryoALError, OSError) as error:
            self.message.setText(said(error))

    def _came(self) -> None:
        self.scene.set_text(self.text.isChecked())
        points = self.scene.points
        if points is not None:
            for key, name in self._keys().items():
                points.bind_key(key, lambda _, label=name: self.answer(label), overwrite=True)
            points.bind_key("U", lambda _: self.answer(None), overwrite=True)
            points.bind_key("Control-Z", lambda _: self._undo(), overwrite=True)
        self._filter()
        self._tell()

    def _set_3d(self, is_3d: bool) -> None:
        self._viewer.dims.ndisplay = 3 if is_3d else 2

    def _save(self) -> None:
        from cryoal.napari_plugin.save_shown import save_shown

        campaign = self._desk.campaign
        if campaign is None:
            self.message.setText("expected a campaign, found none")
            return
        line = save_shown(self, campaign, self.scene.shown_rows())
        if line and (n_kept := self.scene.n_kept):
            line += f"; {n_kept} of the audit or test keys were left out: cryoal export has them"
        self.message.setText(line)

    # new picks

    def _pick(self, is_on: bool) -> None:
        image = self.scene.image
        if is_on and image is None:
            self.message.setText("expected a tomogram on show to click in, found none")
            self.pick.setChecked(False)
            return
        if is_on and image is not None:
            if self._new is None or self._new not in self._viewer.layers:
                self._new = self._viewer.add_points(
                    np.empty((0, 3)),
                    name=NEW,
                    scale=image.scale,
                    axis_labels=("z", "y", "x"),
                    symbol="cross",
                    face_color="#ffd400",
                    border_width=0,
                    size=max(4.0, 0.3 * self._box()),
                    projection_mode="rescale_spherical",
                    metadata={"cryoal_tomogram": self.scene.name},
                )
            self._viewer.layers.selection = {self._new}
            self._new.mode = "add"
            self.message.setText("click in the tomogram; then choose a class, and add them")
        elif self._new is not None and self._new in self._viewer.layers:
            self._new.mode = "pan_zoom"
            if self.scene.is_on_show:
                self._viewer.layers.selection = {self.scene.points}

    def _box(self) -> int:
        campaign = self._desk.campaign
        return 8 if campaign is None else campaign.config.pool.box

    def _add(self) -> None:
        campaign, record, layer = self._desk.campaign, self.scene.record, self._new
        if campaign is None or record is None or layer is None or not len(layer.data):
            self.message.setText("expected new picks, found none: click some in the tomogram")
            return
        if layer.metadata.get("cryoal_tomogram") != record.name:
            self.message.setText(
                f"expected picks of {record.name}, found those of "
                f"{layer.metadata.get('cryoal_tomogram')}: show that tomogram again"
            )
            return
        is_named = self.pick_class.currentIndex() < self.pick_class.count() - 1
        label = self.pick_class.currentText() if is_named else None
        position = np.asarray(layer.data) * np.asarray(layer.scale) + np.array(record.offset_zyx)
        self._n_adding = len(position)
        self.add.setEnabled(False)
        self.message.setText(f"adding {len(position)} ...")
        who = self.annotator.text().strip()
        todo = _Picked(campaign.typed, record, position, who, label)
        thread_worker(_added, connect={"returned": self._added})(todo)

    def _added(self, result: Added | str) -> None:
        """In the main thread again; what could not be added stays in its layer."""
        self.add.setEnabled(True)
        if isinstance(result, str):
            self._desk.renew()
            self.message.setText(f"not added: {result}")
            return
        n_left = 0
        if self._new is not None and self._new in self._viewer.layers:
            rows = np.arange(len(self._new.data))  # what was clicked meanwhile stays too
            self._new.data = self._new.data[
                (rows >= self._n_adding) | np.isin(rows, result.outside)
            ]
            n_left = len(self._new.data)
        if not n_left:
            self.pick.setChecked(False)
        self._desk.renew()
        self.message.setText(result.said)


def _closer(scene: ClassScene) -> Callable[[], None]:
    """Closes the file when Qt lets go of the widget, of which nothing may be touched then."""
    return lambda: scene.close()


def _added(todo: _Picked) -> Added | str:
    """In the other thread."""
    try:
        return add_by_hand(
            todo.path, todo.record, todo.position, annotator=todo.annotator, label=todo.label
        )
    except (CryoALError, OSError) as error:
        return said(error)


def show_classes(viewer: Viewer, tomogram: str = "") -> ClassPanel:
    """Show a tomogram in the widget of classes, which is opened where it is not."""
    desk = desk_of(viewer)
    panel = desk.class_panel
    dock = None if panel is None else dock_of(panel)
    if isinstance(panel, ClassPanel) and dock is not None:
        dock.setVisible(True)
        panel.come_forward()  # it may have been behind another tab
    else:
        if isinstance(panel, ClassPanel):  # its dock was taken out of the window
            panel.scene.clear()
            panel.scene.close()
        _, made = viewer.window.add_plugin_dock_widget("cryoal", TITLE)
        assert isinstance(made, ClassPanel)
        panel = made
    panel.show_tomogram(tomogram)
    return panel
