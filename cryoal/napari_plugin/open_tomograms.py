"""The tomograms that are open in a viewer, by name, size and voxel spacing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from napari.layers import Image

from cryoal.errors import CryoALError
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.pairing import by_name
from cryoal.io.volumes.base import frame_of
from cryoal.io.volumes.open import open_volume
from cryoal.napari_plugin.units import angstrom_of_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari.layers import Layer

    from cryoal.io.volumes.base import Level

__all__ = [
    "OpenImage",
    "Seen",
    "image_of",
    "images_here",
    "images_of",
    "is_tomogram",
    "open_image",
    "place_of",
]

THINNEST = 4  # voxels along each axis: less is no tomogram


@dataclass(frozen=True)
class Seen:
    """What coordinates are read by, of a file that is on show; the frame of its finest level."""

    path: Path
    shape: tuple[int, int, int]
    voxel_spacing: float
    level: Level | None = None


@dataclass(frozen=True)
class OpenImage:
    """A tomogram that is on show."""

    layer: Image
    called: str
    seen: Seen


def is_tomogram(layer: Layer) -> bool:
    """Whether a layer may be one: an Image of three axes."""
    return (
        isinstance(layer, Image)
        and layer.ndim == 3
        and not layer.rgb
        and min(_shape(layer)) >= THINNEST
        and not layer.metadata.get("cryoal_scene")
    )


def images_here() -> list[OpenImage]:
    """Those of the viewer that is open."""
    viewer = napari.current_viewer()
    layers: Iterable[Layer] = () if viewer is None else viewer.layers
    return [open_image(layer) for layer in layers if is_tomogram(layer)]


def images_of(layers: Iterable[Layer]) -> list[Image]:
    """Those of `layers` that may be tomograms."""
    return [layer for layer in layers if is_tomogram(layer)]


def image_of(name: str, images: Sequence[OpenImage], names: Sequence[str]) -> OpenImage | None:
    """The tomogram that picks call `name`, of `names` that they have; None where none is open."""
    for image in images:
        if image.called == clean_name(name):
            return image
    for image in images:
        found = by_name(image.seen.path, names) or by_name(Path(image.layer.name), names)
        if found is not None and found.name == name:
            return image
    return None


def place_of(image: OpenImage) -> dict[str, Any]:
    """Keyword arguments that draw a layer whose data are voxels of `image` where that is."""
    layer = image.layer
    place: dict[str, Any] = {
        "scale": tuple(layer.scale),
        "translate": tuple(layer.translate),
        "rotate": layer.rotate,
        "affine": layer.affine,
        "axis_labels": layer.axis_labels,
    }
    if not all(str(unit) == "pixel" for unit in layer.units):
        place["units"] = layer.units
    return place


def open_image(layer: Image) -> OpenImage:
    """What is known of the tomogram that `layer` shows."""
    path = Path(layer.metadata.get("cryoal_path") or layer.source.path or layer.name)
    called = str(layer.metadata.get("cryoal_tomogram") or clean_name(path.name))
    return OpenImage(layer, called, Seen(path, *_frame(layer, path)))


def _frame(layer: Image, path: Path) -> tuple[tuple[int, int, int], float]:
    """Shape and spacing: as we read it, as the file says, or as the layer is scaled."""
    if known := layer.metadata.get("cryoal_frame"):
        return known
    shape = _shape(layer)
    if path.exists():  # another plugin may have opened it without its spacing
        try:
            with open_volume(path) as volume:
                if volume.shape == shape:
                    return frame_of(volume)
        except CryoALError:
            pass  # as the layer says then
    scale = np.abs(np.asarray(layer.scale, np.float64)) * angstrom_of_unit(layer)
    return shape, float(scale[-1])


def _shape(layer: Image) -> tuple[int, int, int]:
    z, y, x = layer.level_shapes[0] if layer.multiscale else layer.data.shape
    return int(z), int(y), int(x)
