"""The widget that starts a campaign: folder, classes, box, picks, preset; then it adds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import napari.layers
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from cryoal.config import preset_names
from cryoal.errors import CryoALError
from cryoal.napari_plugin.box_drawing import BoxDrawing
from cryoal.napari_plugin.campaign_line import message_label
from cryoal.napari_plugin.desk import desk_of
from cryoal.napari_plugin.job_bar import JobBar
from cryoal.napari_plugin.open_tomograms import images_of, open_image
from cryoal.napari_plugin.said import said
from cryoal.napari_plugin.start_work import (
    Material,
    is_campaign,
    make_campaign,
    options_of,
    require_picks,
    words_of_add,
)
from cryoal.napari_plugin.work_panel import WorkPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image, Points
    from napari.viewer import Viewer

    from cryoal.jobs.state import State

__all__ = ["StartPanel"]

NO_LAYER = "a file..."
BOX = 32  # voxels
MAKE, ADD = "Make the campaign and add", "Add to the campaign"


class StartPanel(WorkPanel):
    """A new campaign, or more tomograms and picks for the one whose folder is typed."""

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = napari_viewer
        self._desk = desk_of(napari_viewer)
        self.drawing = BoxDrawing(napari_viewer, self)
        self.folder = _line("Campaign folder", "a new folder")
        self.classes = _line("Classes", "names with commas between: ribosome, junk")
        self.preset = QComboBox()
        self.preset.setAccessibleName("Preset")
        self.preset.addItems(preset_names())
        self.preset.setCurrentText("laptop")
        self.box = QSpinBox()
        self.box.setAccessibleName("Box")
        self.box.setRange(4, 512)
        self.box.setSingleStep(2)
        self.box.setValue(BOX)
        self.box.setSuffix(" voxels")
        self.size = QLabel()
        self.draw = QPushButton("Draw it")
        self.draw.setToolTip("a square on the tomogram: pull it to the size of a box")
        self.picks = QComboBox()
        self.picks.setAccessibleName("Picks")
        self.file = _line("File of picks", "a file of picks, of any format")
        self.tomograms = _line("Tomograms", "files, besides those that are open")
        self.more = _line("Further options of add", "--density black --outside skip")
        self.more.setToolTip("options of cryoal add, as they would be typed")
        self.start = QPushButton(MAKE)
        self.message = message_label()
        self.job = JobBar()
        self._lay_out()
        self._connect()
        self._list_layers()
        self._tell_size()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Campaign folder", _with_browse(self.folder, self._browse_folder))
        form.addRow("Classes", self.classes)
        form.addRow("Preset", self.preset)
        row = QHBoxLayout()
        row.addWidget(self.box)
        row.addWidget(self.size, 1)
        row.addWidget(self.draw)
        form.addRow("Box", row)
        form.addRow("Picks", self.picks)
        form.addRow("", _with_browse(self.file, self._browse_file))
        form.addRow("Tomograms", _with_browse(self.tomograms, self._browse_tomograms))
        form.addRow("Options", self.more)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.addLayout(form)
        layout.addWidget(self.start)
        layout.addWidget(self.message)
        layout.addWidget(self.job)
        layout.addStretch(1)
        self.hold(inner)

    def _connect(self) -> None:
        layers = self._viewer.layers.events
        for event in (layers.inserted, layers.removed, layers.renamed):
            event.connect(self._list_layers)
        self.box.valueChanged.connect(self._set_box)
        self.drawing.drawn.connect(self.box.setValue)
        self.draw.clicked.connect(self._draw)
        self.picks.currentIndexChanged.connect(lambda _: self._tell_size())
        self.folder.textChanged.connect(lambda _: self._tell_start())
        self.start.clicked.connect(self.begin)
        self.job.ended.connect(self._ended)
        self.destroyed.connect(_forgetter(self._viewer, self._list_layers))

    def begin(self) -> None:
        """Make the campaign unless it is there, and add to it in a process of its own."""
        text = self.folder.text().strip()
        if not text:
            self.message.setText("expected a folder for the campaign, found none")
            return
        folder = Path(text).expanduser()
        try:
            material = self._material()
            options = options_of(self.more.text())
            notes: list[str] = []
            if not is_campaign(folder):
                require_picks(material)  # before a folder is made
                _, notes = make_campaign(
                    folder, self.classes.text(), self.preset.currentText(), self.box.value()
                )
            campaign = self._desk.open(folder)
            words = words_of_add(campaign, material, self._viewer.layers) + options
        except (CryoALError, OSError) as error:
            self.message.setText(said(error))
        else:
            self.drawing.remove()
            is_begun = self.job.start(folder, words)  # which says what is in the way
            self.message.setText(
                "; ".join(([f"adding to {folder} ..."] if is_begun else []) + notes)
            )
        self._tell_start()

    def _material(self) -> Material:
        chosen = self.picks.currentData()
        points = None if chosen is None else self._layer(str(chosen))
        name = self.file.text().strip()
        paths = [Path(part.strip()).expanduser() for part in self.tomograms.text().split(",")
                 if part.strip()]  # fmt: skip
        return Material(
            points=points,
            file=Path(name).expanduser() if name and points is None else None,
            tomograms=tuple(paths),
        )

    def _ended(self, state: State) -> None:
        self._desk.renew()
        if state.kind == "done":
            self.message.setText("added; next: the widget 'Next round'")
        else:
            self.message.setText(f"not added: {state.line}")

    # what is on show

    def _list_layers(self, event: object = None) -> None:
        """Points that may be picks."""
        names = [
            layer.name
            for layer in self._viewer.layers
            if isinstance(layer, napari.layers.Points)
            and layer.ndim == 3
            and not layer.metadata.get("cryoal_scene")
            and not layer.metadata.get("cryoal_classes")
        ]
        there = [self.picks.itemData(i) for i in range(self.picks.count())]
        if there == [*names, None]:
            return
        current = self.picks.currentData() if there else None
        self.picks.blockSignals(True)
        self.picks.clear()
        for name in names:
            self.picks.addItem(name, name)
        self.picks.addItem(NO_LAYER, None)
        wanted = current if current in names else (names[0] if names else None)
        self.picks.setCurrentIndex(self.picks.findData(wanted) if wanted else len(names))
        self.picks.blockSignals(False)
        self._tell_size()

    def _layer(self, name: str) -> Points | None:
        return next((one for one in self._viewer.layers if one.name == name), None)

    def _image(self) -> Image | None:
        """The tomogram that a box is drawn on: the selected one, else the first."""
        images = images_of(self._viewer.layers)
        active = self._viewer.layers.selection.active
        chosen = [image for image in images if image == active]
        return (chosen or images or [None])[0]

    def _draw(self) -> None:
        image = self._image()
        if image is None:
            self.message.setText("expected a tomogram to draw the box on, found none: drag one in")
            return
        self.drawing.show(image, self.box.value())

    def _set_box(self, edge: int) -> None:
        if edge % 2:
            self.box.setValue(edge + 1)
            return
        self.drawing.set_edge(edge)
        self._tell_size()

    def _tell_size(self) -> None:
        is_file = self.picks.currentData() is None
        self.file.parentWidget().setVisible(is_file)
        image = self._image()
        if image is None:
            self.size.setText("")
            return
        spacing = open_image(image).seen.voxel_spacing
        self.size.setText(f"{self.box.value() * spacing:.0f} Å")

    def _tell_start(self) -> None:
        text = self.folder.text().strip()
        is_there = bool(text) and is_campaign(Path(text).expanduser())
        self.start.setText(ADD if is_there else MAKE)
        for widget in (self.classes, self.preset, self.box, self.draw):
            widget.setEnabled(not is_there)  # they are in its campaign.toml

    def _browse_folder(self) -> None:
        if folder := QFileDialog.getExistingDirectory(self, "Campaign folder", self.folder.text()):
            self.folder.setText(folder)

    def _browse_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "File of picks", self.file.text())
        if name:
            self.file.setText(name)

    def _browse_tomograms(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Tomograms")
        if names:
            self.tomograms.setText(", ".join(names))


def _line(name: str, placeholder: str) -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(name)
    line.setPlaceholderText(placeholder)
    return line


def _with_browse(line: QLineEdit, browse: Callable[[], None]) -> QWidget:
    both = QWidget()
    row = QHBoxLayout(both)
    row.setContentsMargins(0, 0, 0, 0)
    button = QPushButton("Browse...")
    button.clicked.connect(lambda _: browse())
    row.addWidget(line, 1)
    row.addWidget(button)
    return both


def _forgetter(viewer: Viewer, callback: Callable[..., None]) -> Callable[[], None]:
    """Stops listening to layers when Qt lets go of the widget, of which nothing may be touched."""
    layers = viewer.layers.events

    def forget() -> None:
        for event in (layers.inserted, layers.removed, layers.renamed):
            event.disconnect(callback)

    return forget
