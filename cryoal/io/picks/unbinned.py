"""The pixel of the unbinned tilt series, in which RELION 4 counts: what says it, and what does not.

Nothing guesses it: a file whose coordinates are in another unit than it seems is worse than none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.texts import coded, distinct, floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.io.picks.write import ParticlePart

__all__ = [
    "EXACT",
    "are_alike",
    "columns_say",
    "numbers_of",
    "pixel_of_columns",
    "require_pixels",
    "unbinned_pixels",
]

EXACT = 1e-3  # voxel: coordinates that agree so well need not be written anew


def unbinned_pixels(part: ParticlePart) -> dict[str, float | None]:
    """Angstrom per unbinned pixel of each tomogram of `part`, None where nothing says it.

    By the tomograms STAR or the optics table; else, for picks of RELION 4, by their coordinates:
    the user has said the unit when they came in (``--coordinate-spacing``), and it is in the
    positions since.
    """
    said = None
    if part.format == "relion4":
        said = pixel_of_columns(part, part.source.coordinate_labels(part.columns))
    return {name: part.geometry[name].unbinned_spacing or said for name in distinct(part.tomogram)}


def require_pixels(part: ParticlePart, to: str) -> dict[str, float]:
    """:func:`unbinned_pixels`, of which every one is known.

    Raises
    ------
    PicksError
        One is not; names its tomogram and the options that say it.
    """
    found = unbinned_pixels(part)
    for name in distinct(part.tomogram):
        if found[name] is None:
            raise PicksError(
                f"expected the pixel of the unbinned tilt series of {name!r} for {to}, found none: "
                "give the tomograms STAR (--tomograms) or the pixel in angstrom (--pixel-size)"
            )
    return {name: pixel for name, pixel in found.items() if pixel is not None}


def pixel_of_columns(part: ParticlePart, labels: Sequence[str]) -> float | None:
    """Angstrom per unit of the coordinate columns, as columns and positions say together.

    None where no one number takes one to the other.
    """
    values = numbers_of(part, labels)
    if values is None:
        return None
    angstrom = part.coordinate_zyx_angstrom[:, ::-1]
    largest = np.unravel_index(np.argmax(np.abs(values)), values.shape)
    if values[largest] == 0 or angstrom[largest] / values[largest] <= 0:
        return None
    pixel = float(angstrom[largest] / values[largest])
    return pixel if are_alike(part, values * pixel) else None


def are_alike(part: ParticlePart, angstrom_xyz: NDArray[np.float64]) -> bool:
    """Whether these are the coordinates of `part` to :data:`EXACT` of a voxel."""
    tomogram = coded(part.tomogram)
    known = [part.geometry[name].voxel_spacing for name in tomogram.names]
    voxel = np.array(known, np.float64)[tomogram.codes]
    off = np.abs(angstrom_xyz - part.coordinate_zyx_angstrom[:, ::-1]).max(axis=1)
    return bool(np.all(off <= EXACT * voxel))


def columns_say(part: ParticlePart, labels: Sequence[str], pixel: NDArray[np.float64]) -> bool:
    """Whether the coordinate columns, times `pixel` of each particle, are where it is."""
    values = numbers_of(part, labels)
    return values is not None and are_alike(part, values * pixel[:, None])


def numbers_of(part: ParticlePart, labels: Sequence[str]) -> NDArray[np.float64] | None:
    """Three columns as numbers, ``(n, 3)`` in x, y, z; None where they are none."""
    try:
        return np.stack([floats(part.columns[name]) for name in labels], axis=1)
    except (LookupError, ValueError):
        return None
