"""The boxes of a tomogram: where they are, and what they were last classified as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.predictions import last_classes
from cryoal.errors import FileFormatError
from cryoal.marks import OPEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.pool import Pool
    from cryoal.marks import Mark

__all__ = [
    "Looks",
    "Neighbours",
    "looks_of",
    "neighbours_of",
    "offsets_of",
    "predicted",
    "rows_of",
]

# The shapes of cryoal.marks by the names of napari.
SYMBOLS = {
    "circle": "disc",
    "square": "square",
    "triangle": "triangle_up",
    "diamond": "diamond",
    "cross": "cross",
    "star": "star",
    "wedge": "triangle_down",
    "bar": "hbar",
    "saltire": "x",
}


@dataclass(frozen=True)
class Neighbours:
    """Boxes of one tomogram; everything has one entry a box."""

    keys: list[str]
    voxel_zyx: NDArray[np.float64]
    """``(n, 3)``: positions in voxels; a whole number is the centre of a voxel."""
    classes: list[str]
    """"" where nothing is predicted, and for boxes of no class."""
    probability: NDArray[np.float64]
    """Of that class; nan where there is none."""


@dataclass(frozen=True)
class Looks:
    """Symbol and colour of each box, by the names of napari."""

    symbol: list[str]
    colour: list[str]


def predicted(campaign: Campaign) -> Mapping[str, tuple[str, float]]:
    """Class and probability by key, of the last classification; nothing where it is damaged."""
    try:
        return last_classes(campaign)
    except FileFormatError:
        return {}


def rows_of(pool: Pool, row: int) -> NDArray[np.int64]:
    """Rows of all boxes from the same tomogram as `row`."""
    this = pool.tomograms[pool.tomogram[row]]
    same = [
        n for n, record in enumerate(pool.tomograms) if record.is_tomogram(this.file, this.places)
    ]
    return np.flatnonzero(np.isin(pool.tomogram, same))


def neighbours_of(
    pool: Pool, rows: NDArray[np.int64], found: Mapping[str, tuple[str, float]]
) -> Neighbours:
    """The boxes of `rows`, with what was predicted for them."""
    keys = [str(key) for key in pool.keys[rows]]
    guesses = [found.get(key, ("", float("nan"))) for key in keys]
    return Neighbours(
        keys=keys,
        voxel_zyx=(pool.position_zyx_angstrom[rows] - offsets_of(pool, rows)) / pool.voxel_spacing,
        classes=[name for name, _ in guesses],
        probability=np.array([p for _, p in guesses], np.float64),
    )


def offsets_of(pool: Pool, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where the first voxels of their tomograms lie, ``(n, 3)`` in angstrom."""
    offsets = np.array([record.offset_zyx for record in pool.tomograms], np.float64)
    return np.asarray(offsets[pool.tomogram[rows]])


def looks_of(classes: Sequence[str], marks: Mapping[str, Mark]) -> Looks:
    """A symbol and a colour for each of `classes`; grey rings for what has no mark."""
    return Looks(
        symbol=[SYMBOLS[marks[name].shape] if name in marks else "ring" for name in classes],
        colour=[marks[name].colour if name in marks else OPEN.colour for name in classes],
    )
