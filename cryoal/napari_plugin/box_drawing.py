"""The box of a new campaign, drawn on the tomogram: a square that can be pulled larger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from cryoal.napari_plugin.scene import FRAME

if TYPE_CHECKING:
    from napari.layers import Image, Shapes
    from napari.viewer import Viewer
    from numpy.typing import NDArray

__all__ = ["BoxDrawing", "edge_of", "square"]

NAME = "box of a new campaign"


class BoxDrawing(QObject):
    """A square in the section on show, of an even number of voxels.

    Attributes
    ----------
    drawn
        The edge in voxels, when the square was pulled to another size.
    """

    drawn = Signal(int)

    def __init__(self, viewer: Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._layer: Shapes | None = None
        self._is_ours = False

    @property
    def is_on_show(self) -> bool:
        """Whether the square is in the viewer."""
        return self._layer is not None and self._layer in self._viewer.layers

    def show(self, image: Image, edge: int) -> None:
        """Draw it in the middle of the canvas, in the section of `image` on show."""
        self.remove()
        centre = self._middle(image)
        self._layer = self._viewer.add_shapes(
            [square(centre, edge)],
            shape_type="rectangle",
            name=NAME,
            scale=image.scale,
            translate=image.translate,
            axis_labels=("z", "y", "x"),
            edge_color=FRAME,
            face_color="transparent",
            edge_width=max(0.5, edge / 48),
            metadata={"cryoal_scene": True},
        )
        self._layer.events.data.connect(self._changed)
        self._layer.mode = "select"
        self._layer.selected_data = {0}

    def set_edge(self, edge: int) -> None:
        """Make the square as large, about the middle that it has."""
        if self._layer is None or not self.is_on_show or not len(self._layer.data):
            return
        corners = np.asarray(self._layer.data[0])
        if edge_of(corners) == edge:
            return
        self._is_ours = True
        try:
            self._layer.data = [square(corners.mean(axis=0), edge)]
        finally:
            self._is_ours = False

    def remove(self) -> None:
        """Take the square away."""
        if self.is_on_show:
            self._viewer.layers.remove(self._layer)
        self._layer = None

    def _middle(self, image: Image) -> NDArray[np.float64]:
        world = np.array(self._viewer.dims.point[-3:], np.float64)
        middle = np.mean(image.extent.world, axis=0)[-2:]
        seen = np.array(self._viewer.scene.camera.center[-2:], np.float64)
        low, high = image.extent.world[:, -2:]
        world[1:] = seen if ((seen > low) & (seen < high)).all() else middle
        return np.asarray(image.world_to_data(world))

    def _changed(self, event: Any) -> None:
        if self._is_ours or self._layer is None or not len(self._layer.data):
            return
        self.drawn.emit(edge_of(np.asarray(self._layer.data[0])))


def square(centre_zyx: NDArray[np.float64], edge: int) -> NDArray[np.float64]:
    """Corners of a square about a place, ``(4, 3)``, in voxels."""
    z, y, x = centre_zyx
    half = edge / 2
    return np.array(
        [
            (z, y - half, x - half),
            (z, y - half, x + half),
            (z, y + half, x + half),
            (z, y + half, x - half),
        ]
    )


def edge_of(corners: NDArray[np.float64]) -> int:
    """The even number of voxels that is nearest to the longer side; at least 4.

    Examples
    --------
    >>> edge_of(square(np.zeros(3), 16)), edge_of(np.array([(0, 0, 0), (0, 0, 30.7), (0, 9, 0)]))
    (16, 30)
    """
    return max(4, 2 * round(float(np.ptp(corners, axis=0)[1:].max()) / 2))
