"""In which units layers say where they are, so that ours are drawn where the others are.

Ours have a scale in angstrom and no unit, which napari calls pixel. Beside a layer that has a unit
of length, ours say theirs: napari draws layers of nanometre and angstrom together, but warns of
those that mix a length with pixels and draws the bare numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import napari
import numpy as np

if TYPE_CHECKING:
    from napari.layers import Layer
    from numpy.typing import NDArray

__all__ = ["angstrom_of_unit", "units_here", "world_factor"]

ANGSTROM = {"units": ("angstrom",) * 3}


def units_here() -> dict[str, Any]:
    """Keyword arguments for a layer in the viewer that is open."""
    viewer = napari.current_viewer()
    layers = [] if viewer is None else [layer for layer in viewer.layers if layer.ndim == 3]
    return ANGSTROM if any(_is_length(layer) for layer in layers) else {}


def angstrom_of_unit(layer: Layer) -> NDArray[np.float64]:
    """How many angstrom a unit of the layer's world is, z, y, x; 1 where it says no length."""
    if not _is_length(layer):
        return np.ones(3)
    return np.array([float((1 * unit).to("angstrom").magnitude) for unit in layer.units[-3:]])


def world_factor(layer: Layer, other: Layer) -> NDArray[np.float64]:
    """What world coordinates of `layer` are times, as world coordinates of `other`, z, y, x.

    ``data_to_world`` and ``world_to_data`` leave units out, though napari draws by them.
    """
    if not (_is_length(layer) and _is_length(other)):
        return np.ones(3)  # napari draws bare numbers then
    return angstrom_of_unit(layer) / angstrom_of_unit(other)


def _is_length(layer: Layer) -> bool:
    return all(unit.dimensionality == {"[length]": 1} for unit in layer.units[-3:])
