"""One box in its tomogram, as layers of a viewer; and the viewer as it was before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.tomogram import voxel_of
from cryoal.napari_plugin.draw_tile import FRAME
from cryoal.napari_plugin.levels import tomogram_layer
from cryoal.napari_plugin.neighbours import looks_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Layer, Points, Shapes
    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from cryoal.marks import Mark
    from cryoal.napari_plugin.levels import OpenTomogram
    from cryoal.napari_plugin.neighbours import Neighbours

__all__ = ["FRAME", "SLAB", "Scene", "outline", "sections_of"]

SLAB = 5  # voxels that are averaged along z
BOXES_IN_VIEW = 6  # edges of the box along the shorter side of the canvas
MOST_POINTS = 50_000  # that napari shows without slowing down


@dataclass(frozen=True)
class _Before:
    """What :meth:`Scene.leave` puts back."""

    center: tuple[float, ...]
    zoom: float
    angles: tuple[float, ...]
    ndisplay: int
    order: tuple[int, ...]
    point: tuple[float, ...]
    thickness: tuple[float, ...]
    visible: list[tuple[Layer, bool]]
    selected: list[Layer]


class Scene:
    """Shows a box in its tomogram; all in the main thread."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._before: _Before | None = None
        self._shown: OpenTomogram | None = None
        self._ours: list[Any] = []
        """Image, points, outline."""
        self._box = 0
        self._centre = (0, 0, 0)  # voxel
        self._framed: tuple[tuple[float, ...], float] = ((), 0.0)

    @property
    def is_open(self) -> bool:
        """Whether there is something to come back from."""
        return self._before is not None

    def shows(self, opened: OpenTomogram) -> bool:
        """Whether this tomogram is on show, all its layers still there."""
        layers = self._viewer.layers
        return self._shown is opened and all(layer in layers for layer in self._ours)

    def show(
        self, opened: OpenTomogram, boxes: Neighbours, box: int, marks: Mapping[str, Mark]
    ) -> None:
        """Put a tomogram and its boxes into the viewer; :meth:`go` then finds its way in it."""
        viewer = self._viewer
        if self._before is None:
            self._before = _remember(viewer)
            for layer in viewer.layers:
                layer.visible = False
        self._remove()
        data, arguments = tomogram_layer(opened)
        scale = arguments["scale"]
        image = viewer.add_image(data, **arguments)
        points = _add_boxes(viewer, boxes, box, scale, marks)
        frame = _add_outline(viewer, box, scale)
        self._shown, self._box, self._ours = opened, box, [image, points, frame]
        n_before = viewer.dims.ndim - 3
        viewer.dims.ndisplay = 2
        viewer.dims.order = tuple(range(viewer.dims.ndim))
        viewer.dims.thickness = (0.0,) * n_before + ((SLAB - 1) * scale[0], 0.0, 0.0)
        viewer.layers.selection = {image}

    def go(self, key: str, position_zyx_angstrom: Sequence[float], depth: int = 0) -> None:
        """Go to a box of the tomogram on show: its slab, its outline, its own point left out."""
        if self._shown is None:
            return
        _, points, frame = self._ours
        position = np.asarray(position_zyx_angstrom, np.float64)
        z, y, x = voxel_of(self._shown.volume, position).tolist()
        self._centre = (z, y, x)
        # Layers are changed rather than replaced: napari collects garbage whenever one is removed.
        frame.data = list(outline(self._centre, self._box))
        points.shown = (points.features["key"] != key).to_numpy()
        self.set_depth(depth)
        self._frame()

    def frame_again(self) -> None:
        """Fit the box to a canvas of another size, unless the annotator has moved the camera."""
        camera = self._viewer.scene.camera
        if self.is_open and self._framed == (tuple(camera.center), camera.zoom):
            self._frame()

    def _frame(self) -> None:
        camera = self._viewer.scene.camera
        self._viewer.fit_to_view(layers=[self._ours[2]], margin=1 - 1 / BOXES_IN_VIEW)
        self._framed = tuple(camera.center), camera.zoom

    def set_depth(self, depth: int) -> None:
        """Move the slab to `depth` voxels behind the centre of the box."""
        if self._shown is None:
            return
        z = (self._centre[0] + depth) * self._shown.volume.voxel_spacing
        self._viewer.dims.set_point(self._viewer.dims.ndim - 3, z)

    def invert(self, is_inverted: bool) -> None:
        """Particles light, or dark."""
        if self._shown is not None:
            is_white = self._shown.record.density == "white"
            colormap: Any = "gray" if is_white != is_inverted else "gray_r"
            self._ours[0].colormap = colormap

    def leave(self) -> None:
        """Take our layers away and put camera, dims and the other layers back."""
        before, viewer = self._before, self._viewer
        if before is None:
            return
        self._remove()
        self._shown, self._before = None, None
        there = set(viewer.layers)
        for layer, was_visible in before.visible:
            if layer in there:
                layer.visible = was_visible
        viewer.layers.selection = {layer for layer in before.selected if layer in there}
        if viewer.dims.ndim == len(before.order):
            viewer.dims.order = before.order
            viewer.dims.thickness = before.thickness
            viewer.dims.point = before.point
        viewer.dims.ndisplay = before.ndisplay
        viewer.scene.camera.center = before.center
        viewer.scene.camera.zoom = before.zoom
        viewer.scene.camera.angles = before.angles

    def _remove(self) -> None:
        for layer in self._ours:
            if layer in self._viewer.layers:  # the user may have been faster
                self._viewer.layers.remove(layer)
        self._ours = []


def _remember(viewer: Viewer) -> _Before:
    return _Before(
        center=tuple(viewer.scene.camera.center),
        zoom=viewer.scene.camera.zoom,
        angles=tuple(viewer.scene.camera.angles),
        ndisplay=viewer.dims.ndisplay,
        order=tuple(viewer.dims.order),
        point=tuple(viewer.dims.point),
        thickness=tuple(viewer.dims.thickness),
        visible=[(layer, layer.visible) for layer in viewer.layers],
        selected=list(viewer.layers.selection),
    )


def outline(centre_zyx: tuple[int, int, int], box: int) -> NDArray[np.float64]:
    """A square around the box in each section that it cuts, ``(b, 4, 3)``, in voxels.

    The box's voxel ``b // 2`` is `centre_zyx`; voxels reach half a voxel beyond their centres.
    """
    start = np.array(centre_zyx) - box // 2
    (y0, x0), (y1, x1) = start[1:] - 0.5, start[1:] + box - 0.5
    square = np.array([(y0, x0), (y0, x1), (y1, x1), (y1, x0)])
    z = np.repeat(np.arange(start[0], start[0] + box, dtype=np.float64)[:, None], 4, axis=1)
    return np.concatenate([z[..., None], np.broadcast_to(square, (box, 4, 2))], axis=2)


def sections_of(voxel_zyx: NDArray[np.float64], radius: float) -> tuple[NDArray[np.float64], int]:
    """Each point once for every slab that its ball of `radius` reaches: ``(m n, 3)``, and m.

    napari shows points of the current slab alone.
    """
    most = MOST_POINTS // (2 * max(len(voxel_zyx), 1))
    n_beside = min(int(radius // SLAB), most)
    steps = SLAB * np.arange(-n_beside, n_beside + 1)
    shifted = voxel_zyx[None] + steps[:, None, None] * np.array([1.0, 0.0, 0.0])
    return shifted.reshape(-1, 3), len(steps)


def _add_outline(viewer: Viewer, box: int, scale: tuple[float, ...]) -> Shapes:
    layer: Shapes = viewer.add_shapes(
        list(outline((0, 0, 0), box)),
        shape_type="rectangle",
        name="box in review",
        scale=scale,
        axis_labels=("z", "y", "x"),
        edge_color=FRAME,
        face_color="transparent",
        edge_width=max(0.4, box / 64),
    )
    layer.editable = False
    return layer


def _add_boxes(
    viewer: Viewer,
    found: Neighbours,
    box: int,
    scale: tuple[float, ...],
    marks: Mapping[str, Mark],
) -> Points:
    data, n_each = sections_of(found.voxel_zyx, box / 4)
    looks = looks_of(found.classes, marks)
    features = {
        "key": found.keys * n_each,
        "class": found.classes * n_each,
        "probability": np.tile(found.probability, n_each),
    }
    layer: Points = viewer.add_points(
        data if len(data) else np.empty((0, 3)),
        name="other boxes",
        scale=scale,
        axis_labels=("z", "y", "x"),
        features=features,
        symbol=(looks.symbol * n_each) or "ring",
        face_color=(looks.colour * n_each) or "white",
        border_color="black",
        border_width=0.1,
        size=box / 7,
        opacity=0.85,
        projection_mode="all",
        metadata={"cryoal_scene": True},
    )
    layer.editable = False
    return layer
