"""Where a box comes from: a picture of its surroundings, and who else is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.overview import NONE, overview
from cryoal.errors import CryoALError, FileFormatError
from cryoal.progress import SILENT
from cryoal.review.slab import as_jpeg, grey_slab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Told
    from cryoal.data.pool import Pool
    from cryoal.progress import Progress

__all__ = ["Neighbour", "Surroundings", "surroundings"]

EDGES = 5  # how wide the picture is, in edges of a box
MOST_NEIGHBOURS = 120  # dots that the eye still tells apart; 4 KB of the page


@dataclass(frozen=True)
class Neighbour:
    """Another candidate in the picture."""

    x: float
    """Share of the picture's edge, from the left ..."""
    y: float
    """... and from the top."""
    label: str | None
    """The class it was last classified as; None before that, and for a box of no class."""


@dataclass(frozen=True)
class Surroundings:
    """The xy slab about one box, :data:`EDGES` times as wide as the box, which is in its middle."""

    image: str
    """``data:`` URI of a JPEG."""
    neighbours: tuple[Neighbour, ...]


def surroundings(
    campaign: Campaign, rows: Sequence[int], *, progress: Progress = SILENT
) -> tuple[dict[int, Surroundings], list[str]]:
    """The surroundings of each of `rows` by row, and a line for each tomogram that has moved.

    Only the voxels of each picture are read. Boxes of a tomogram that cannot be read are left out.
    """
    pool, notes = campaign.pool, list[str]()
    edge, thickness = EDGES * pool.box, campaign.config.review.thickness
    found: dict[int, Surroundings] = {}
    told = None
    try:
        told = overview(campaign).told
    except FileFormatError as error:
        notes.append(str(error))
    owners = pool.tomogram[np.array(rows, np.int64)].tolist()
    for number in progress.track(sorted(set(owners)), "drawing surroundings", unit="tomograms"):
        record = pool.tomograms[number].to_look_at()
        here = sorted({row for row, owner in zip(rows, owners, strict=True) if owner == number})
        try:
            with record.open() as volume:
                pictures = [
                    grey_slab(volume, record, place, edge=edge, thickness=thickness)
                    for place in pool.position_zyx_angstrom[here]
                ]
        except (CryoALError, OSError) as error:
            notes.append(f"{error}; the review goes on without context")
            continue
        beside = np.flatnonzero(pool.tomogram == number)
        for row, picture in zip(here, pictures, strict=True):
            found[row] = Surroundings(as_jpeg(picture), _neighbours(pool, row, beside, told))
    return found, notes


def _neighbours(
    pool: Pool, row: int, beside: NDArray[np.int64], told: Told | None
) -> tuple[Neighbour, ...]:
    """The nearest candidates, of those of its tomogram, within half a box above and below."""
    reach = pool.box * pool.voxel_spacing * np.array([0.5, EDGES / 2, EDGES / 2])
    offset: NDArray[np.float64] = (
        pool.position_zyx_angstrom[beside] - pool.position_zyx_angstrom[row]
    )
    near = np.flatnonzero((np.abs(offset) < reach).all(axis=1) & (beside != row))
    nearest = near[np.argsort((offset[near] ** 2).sum(axis=1), kind="stable")][:MOST_NEIGHBOURS]
    shares = 0.5 + offset[nearest] / (2 * reach)
    called = [NONE] * len(nearest) if told is None else told.called[beside[nearest]].tolist()
    return tuple(
        Neighbour(round(x, 4), round(y, 4), None if told is None or c == NONE else told.names[c])
        for c, (_, y, x) in zip(called, shares.tolist(), strict=True)
    )
