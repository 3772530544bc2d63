"""A tomogram of the campaign in the viewer, its boxes by class, and the box that was clicked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.qt.threading import thread_worker
from qtpy.QtCore import QObject, Signal

from cryoal.errors import CryoALError
from cryoal.napari_plugin.class_points import TEXT, class_points
from cryoal.napari_plugin.levels import OpenTomogram, open_tomogram, tomogram_layer
from cryoal.napari_plugin.said import said
from cryoal.napari_plugin.scene import FRAME, SLAB, outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Image, Points, Shapes
    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.napari_plugin.class_points import ClassPoints
    from cryoal.napari_plugin.desk import Desk
    from cryoal.review.where import Where

__all__ = ["ClassScene"]

WORDS = {"string": TEXT, "size": 9, "color": "white", "anchor": "upper_left", "visible": True}
NO_WORDS = {"string": {"constant": ""}, "visible": False}
STILL = 3  # pixels that the mouse may move in a click


class ClassScene(QObject):
    """Layers of one tomogram; another one takes their place.

    Attributes
    ----------
    chosen
        Emitted when boxes were clicked, or none any more.
    said
        One line for the user.
    came
        The tomogram is on show, or cannot be.
    """

    chosen = Signal()
    said = Signal(str)
    came = Signal()

    def __init__(self, viewer: Viewer, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._desk = desk
        self._opened: OpenTomogram | None = None
        self._wanted = ""
        self._path: Path | None = None
        self._found: ClassPoints | None = None
        self._mask: NDArray[np.bool_] | None = None
        self.name = ""
        """The tomogram on show."""
        self.image: Image | None = None
        self.points: Points | None = None
        self.frame: Shapes | None = None
        self.rows: list[int] = []
        """Of the boxes that are chosen."""
        viewer.mouse_drag_callbacks.append(self._click)

    @property
    def record(self) -> TomogramRecord | None:
        """What the pool knows of the tomogram on show; of one that was added twice, the last."""
        campaign = self._desk.campaign
        if campaign is None or not self.name:
            return None
        its = [record for record in campaign.pool.tomograms if record.name == self.name]
        return its[-1] if its else None

    @property
    def is_on_show(self) -> bool:
        """Whether its points are there; the user may have taken them away."""
        return self.points is not None and self.points in self._viewer.layers

    @property
    def is_of_another(self) -> bool:
        """Whether what is on show is of another campaign than the one on the desk."""
        campaign = self._desk.campaign
        return bool(self.name) and campaign is not None and campaign.path != self._path

    def show(self, name: str) -> None:
        """Show the tomogram `name`, opened beside the main thread."""
        campaign = self._desk.campaign
        its = [] if campaign is None else [r for r in campaign.pool.tomograms if r.name == name]
        if campaign is None or not its:
            self.said.emit(f"expected a tomogram of the campaign, found none called {name!r}")
            return
        self._wanted = name
        self.said.emit(f"opening {its[-1].path} ...")
        worker = thread_worker(_opened, connect={"returned": self._came})
        worker(campaign.path, name, its[-1].to_look_at())

    def renew(self) -> None:
        """Draw classes as they are now; boxes that came meanwhile too."""
        if not self.name or not self.is_on_show:
            return
        campaign, boxes = self._desk.campaign, self._desk.boxes()
        if campaign is None or boxes is None or self.name not in boxes.tomogram_names:
            self.clear()
            return
        found = class_points(campaign.pool, boxes, self.name, self._desk.marks())
        assert self.points is not None
        if self._found is not None and np.array_equal(found.rows, self._found.rows):
            self.points.features = found.arguments["features"]
            self.points.symbol = found.arguments["symbol"]
            self.points.face_color = found.arguments["face_color"]
            self.points.border_color = found.arguments["border_color"]
        else:
            text = self.points.text.visible
            self._viewer.layers.remove(self.points)
            self._add_points(found)
            self.set_text(text)
        self._found = found

    def filter(self, where: Where, *, hide_all: bool = False) -> int:
        """Show only boxes that pass; returns how many of this tomogram do."""
        boxes = self._desk.boxes()
        if boxes is None or self._found is None or not self.is_on_show:
            return 0
        mask = where.mask(boxes)
        if where.is_everything:
            mask |= boxes.is_held  # grey, as what has no class
        self._mask = mask[self._found.rows] & (not hide_all)
        assert self.points is not None
        self.points.shown = self._mask
        return int(self._mask.sum())

    def shown_rows(self) -> NDArray[np.int64]:
        """Rows of the boxes that are on show and may be saved."""
        if self._found is None or self._mask is None or not self.is_on_show:
            return np.zeros(0, np.int64)
        boxes = self._desk.boxes()
        rows = self._found.rows[self._mask]
        return rows if boxes is None else rows[~boxes.is_held[rows]]

    @property
    def n_kept(self) -> int:
        """How many boxes on show are kept for measuring, and may not be saved."""
        return 0 if self._mask is None else int(self._mask.sum()) - len(self.shown_rows())

    def set_text(self, is_on: bool) -> None:
        """Class and probability in words beside each point."""
        if self.points is not None and self.is_on_show and self.points.text.visible != is_on:
            self.points.text = WORDS if is_on else NO_WORDS  # 100,000 take napari 2.5 s

    def choose(self, rows: list[int]) -> None:
        """Frame the last of `rows` and go to its section."""
        self.rows = rows
        if self._found is None or self.image is None or self._desk.campaign is None:
            return
        data = []
        for row in rows:
            place = int(np.flatnonzero(self._found.rows == row)[0])
            z, y, x = np.floor(self._found.voxel_zyx[place] + 0.5).astype(int).tolist()
            data += list(outline((z, y, x), self._desk.campaign.pool.box))
        if self.frame is not None and self.frame in self._viewer.layers:
            self._viewer.layers.remove(self.frame)
        self.frame = None
        if data:
            self.frame = self._viewer.add_shapes(
                data,
                shape_type="rectangle",
                name="chosen boxes",
                scale=self.image.scale,
                axis_labels=("z", "y", "x"),
                edge_color=FRAME,
                face_color="transparent",
                edge_width=0.5,
                metadata={"cryoal_scene": True},
            )
            self.frame.editable = False
        if self.is_on_show:
            self._viewer.layers.selection = {self.points}
        self.chosen.emit()

    def go_to(self, row: int) -> None:
        """Choose one box, and bring it into view."""
        if self._found is None or not (self._found.rows == row).any() or self.image is None:
            return
        place = int(np.flatnonzero(self._found.rows == row)[0])
        world = self._found.voxel_zyx[place] * np.asarray(self.image.scale)
        self._viewer.dims.set_point(self._viewer.dims.ndim - 3, world[0])
        self._viewer.scene.camera.center = tuple(world)
        self.choose([row])

    def clear(self) -> None:
        """Take our layers away."""
        for layer in (self.frame, self.points, self.image):
            if layer is not None and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self.frame = self.points = self.image = None
        self.name, self.rows, self._found, self._mask = "", [], None, None

    def close(self) -> None:
        """Let go of the viewer and of the file."""
        self._wanted = ""
        if self._click in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._click)
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _came(self, result: tuple[Path, str, OpenTomogram | str]) -> None:
        """In the main thread again."""
        path, name, opened = result
        campaign = self._desk.campaign
        # another was asked for meanwhile, or the window is closed
        if name != self._wanted or campaign is None or campaign.path != path:
            if not isinstance(opened, str):
                opened.close()
            return
        self.clear()
        boxes = self._desk.boxes()
        if boxes is None:
            return
        if isinstance(opened, str):
            self.said.emit(f"{opened}; its boxes are shown without it")
        else:
            self._set_aside(opened)
            data, arguments = tomogram_layer(opened)
            self.image = self._viewer.add_image(data, **arguments)
            self._opened = opened
            self.said.emit("")
        self.name, self._path = name, path
        self._found = class_points(campaign.pool, boxes, name, self._desk.marks())
        self._add_points(self._found)
        if len(self._viewer.layers) <= 2:
            self._viewer.reset_view()
        first = self.image or self.points
        if first is not None:
            middle = np.mean(first.extent.world, axis=0)
            dims = self._viewer.dims
            dims.set_point(dims.ndim - 3, middle[0])
            slab = (SLAB - 1) * float(first.scale[0])
            dims.thickness = (*(0.0,) * (dims.ndim - 3), slab, 0.0, 0.0)
        self.came.emit()

    def _set_aside(self, opened: OpenTomogram) -> None:
        """Hide the same tomogram and its picks, as they were dropped: they would lie below."""
        path = str(opened.volume.path.resolve())
        for layer in self._viewer.layers:
            known = layer.metadata.get("cryoal_path")
            is_same = known is not None and str(Path(known).resolve()) == path
            is_its = layer.metadata.get("cryoal_tomogram") == opened.record.name
            if is_same or (is_its and "cryoal_picks" in layer.metadata):
                layer.visible = False

    def _add_points(self, found: ClassPoints) -> None:
        data = found.voxel_zyx if len(found.rows) else np.empty((0, 3))
        self.points = self._viewer.add_points(data, **found.arguments)
        self.points.text = NO_WORDS
        self.points.editable = False  # what moves a point here would move no box
        self._viewer.layers.selection = {self.points}

    def _click(self, viewer: Viewer, event: Any) -> Iterator[None]:
        """A click chooses the box under it, with Shift one more; a drag moves the camera."""
        if event.type != "mouse_press" or not self.is_on_show or self._found is None:
            return
        active = viewer.layers.selection.active
        if active not in (self.points, self.image, self.frame):  # which are napari's proxies
            return  # the user works on another layer
        extends = "Shift" in event.modifiers
        began = np.asarray(event.pos, np.float64)
        yield
        while event.type == "mouse_move":
            yield
        if np.abs(np.asarray(event.pos) - began).max() > STILL or self.points is None:
            return
        place = self.points.get_value(
            event.position,
            view_direction=event.view_direction,
            dims_displayed=list(event.dims_displayed),
            world=True,
        )
        if place is None:
            if not extends:
                self.choose([])
            return
        row = int(self._found.rows[int(place)])
        others = [one for one in self.rows if one != row] if extends else []
        self.choose([*others, row])


def _opened(path: Path, name: str, record: TomogramRecord) -> tuple[Path, str, OpenTomogram | str]:
    """In the other thread: touches no layer, raises nothing a user could mend."""
    try:
        return path, name, open_tomogram(record)
    except (CryoALError, OSError) as error:
        return path, name, said(error)
