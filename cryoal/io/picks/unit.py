"""The unit that coordinates were read in, found by reading them again for another tomogram."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.numeral import to_float
from cryoal.io.picks.geometry import Geometry
from cryoal.io.picks.image_spacing import image_spacing
from cryoal.io.picks.tilt_series import tilt_series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Located
    from cryoal.io.picks.picks import Picks

__all__ = ["VOXELS", "Alone", "counts_voxels", "read_alone", "unit_as_read"]

SHAPE = (200, 400, 600)  # of a tomogram that never was: z, y, x
SPACING = 10.0
VOXELS = "voxels of the tomogram"


def unit_as_read(picks: Picks, name: str, located: Located) -> float | None:
    """Angstrom by which the coordinate columns were multiplied, whatever the format's origin.

    From the two picks of a tomogram that are farthest apart along each axis; None where nothing
    differs, or axes differ in it, as fractions do.
    """
    rows = picks.rows(name)
    coordinate = located.coordinate_zyx_angstrom
    labels = picks.convention.coordinate_labels(picks.columns)
    found = []
    for axis, label in enumerate(reversed(labels)):
        low, high = int(coordinate[:, axis].argmin()), int(coordinate[:, axis].argmax())
        try:
            texts = [picks.columns[label][rows[at]] for at in (low, high)]
            apart = to_float(texts[1]) - to_float(texts[0])
        except (KeyError, ValueError):
            return None
        if apart:
            found.append(abs(float(coordinate[high, axis] - coordinate[low, axis]) / apart))
    if not found or max(found) > 1.001 * min(found):
        return None
    return float(f"{found[0]:.6g}")


def counts_voxels(picks: Picks, name: str, geometry: Geometry, located: Located) -> bool:
    """Whether picks are at the same voxels whatever the voxel spacing is."""
    again = _again(picks, name, replace(geometry, voxel_spacing=2 * geometry.voxel_spacing))
    return again is not None and bool(np.allclose(again, 2 * located.coordinate_zyx_angstrom))


@dataclass(frozen=True)
class Alone:
    """What a file of picks says by itself of the picks in one tomogram.

    `located` is right where nothing is `missing`; `unit` is in words.
    """

    located: Located
    unit: str
    missing: str | None


def read_alone(picks: Picks, name: str) -> Alone:
    """The picks of `name` without their tomogram.

    Raises
    ------
    PicksError
        They cannot be read, with any tomogram.
    """
    known = tilt_series(picks, name)
    image = image_spacing(picks, picks.rows(name)[:1])
    spacing = SPACING if image is None else float(image[0])
    geometry = Geometry(SHAPE, spacing, known.size_xyz, known.spacing)
    located = picks.locate(name, geometry)
    unit = unit_as_read(picks, name, located)

    def changes(other: Geometry) -> bool:
        again = _again(picks, name, other)
        return again is None or not np.allclose(again, located.coordinate_zyx_angstrom)

    by_spacing = changes(replace(geometry, voxel_spacing=2 * spacing))
    by_size = changes(replace(geometry, shape=(SHAPE[0] + 50, SHAPE[1] + 50, SHAPE[2] + 50)))
    needs = [what for what, is_so in (("size", by_size), ("voxel spacing", by_spacing)) if is_so]
    words = "fractions of the tomogram" if by_size and unit is None else ""
    if unit is not None:
        is_voxel = by_spacing and counts_voxels(picks, name, geometry, located)
        words = VOXELS if is_voxel else "angstrom" if unit == 1 else f"{unit:g} A"
    return Alone(located, words, f"the {' and '.join(needs)} of the tomogram" if needs else None)


def _again(picks: Picks, name: str, geometry: Geometry) -> NDArray[np.float64] | None:
    try:
        return picks.locate(name, geometry).coordinate_zyx_angstrom
    except PicksError:  # the format compares spacings itself
        return None
