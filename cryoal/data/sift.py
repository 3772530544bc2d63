"""Which picks of a tomogram become boxes: inside it, new, and not too close to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from cryoal.data.left_out import OUTSIDE, LeftOut, left_out
from cryoal.errors import PicksError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.sources import Source

__all__ = ["Outside", "Sieve", "Sifted", "is_close", "require_inside", "sift"]

Outside: TypeAlias = Literal["refuse", "skip"]

SAME_PLACE = 0.01
"""Voxels: what is nearer to a box of the pool is that box, written with fewer digits perhaps."""

CLOSE = 0.25
"""Of the edge of a box: picks that are nearer to each other than this are told of."""


@dataclass(frozen=True)
class Sieve:
    """What the user says of who is left out."""

    outside: Outside = "refuse"
    """What becomes of a pick outside its tomogram: refuse all, or leave it out."""
    min_distance: float | None = None
    """Angstrom: of picks that are nearer to each other one is kept."""
    min_score: float | None = None
    """Picks of which the picker's score is lower, or not known, are left out."""

    def __post_init__(self) -> None:
        if self.outside not in ("refuse", "skip"):
            raise PicksError(f"expected --outside refuse or skip, found {self.outside!r}")
        if self.min_distance is not None and not 0 < self.min_distance < np.inf:
            raise PicksError(f"expected --min-distance above 0 angstrom, found {self.min_distance}")
        if self.min_score is not None and not np.isfinite(self.min_score):
            raise PicksError(f"expected a number as --min-score, found {self.min_score}")


@dataclass(frozen=True)
class Sifted:
    """What is left of the picks of a tomogram."""

    source: Source
    left_out: list[LeftOut]
    n_there: int
    """Picks at the place of a box that the pool has."""
    n_close: int
    """Picks that are kept, and would not be with a quarter of a box as least distance."""


def require_inside(source: Source, where: Path) -> None:
    """Raise PicksError, with the first of them, if a pick lies outside its tomogram."""
    outside = np.flatnonzero(source.is_outside)
    if not outside.size:
        return
    first = int(outside[0])
    geometry = source.geometry
    size = " x ".join(str(n) for n in reversed(geometry.shape))
    found = ", ".join(str(i) for i in reversed(source.voxel[first].tolist()))
    notes = "".join(f"; note: {note}" for note in source.notes)  # these may be the cause
    raise PicksError(
        f"expected picks inside {source.path.name} (x, y, z: {size} voxels of "
        f"{geometry.voxel_spacing:g} A), found {outside.size} of {len(source)} outside in "
        f"{where}, first {source.keys[first]!r} (row {source.rows[first] + 1}) at voxel {found}: "
        f"other tomogram, binning or format of picks? (--outside skip leaves them out){notes}"
    )


def sift(source: Source, sieve: Sieve, there: NDArray[np.float64], edge: float) -> Sifted:
    """The picks of `source` that are to become boxes.

    Left out are, in this order: those outside; those where the pool has a box; those of a score
    that is too low; and of those that are too close to each other all but one, which is the one
    of the highest score, of equal or no scores the first of the file; a box of the pool comes
    before them all.

    Parameters
    ----------
    there
        ``(n, 3)``: where the pool has boxes of this tomogram, z, y, x in angstrom.
    edge
        Of a box, angstrom.
    """
    found = left_out(source, source.is_outside, OUTSIDE)
    source = source.keep(~source.is_outside)
    is_there = is_near(source, there, SAME_PLACE * source.voxel_spacing)
    source = source.keep(~is_there)
    if sieve.min_score is not None:
        is_low = ~(source.score >= sieve.min_score)
        found += left_out(source, is_low, f"score below {sieve.min_score:g}")
        source = source.keep(~is_low)
    if sieve.min_distance is not None:
        close = is_close(source, there, sieve.min_distance)
        found += left_out(source, close, f"closer than {sieve.min_distance:g} A to another")
        source = source.keep(~close)
    n_close = int(is_close(source, there, CLOSE * edge).sum())
    return Sifted(source, found, int(is_there.sum()), n_close)


def is_near(source: Source, there: NDArray[np.float64], distance: float) -> NDArray[np.bool_]:
    """``(n,)``: which picks are nearer than `distance` to one of the places `there`."""
    if not len(there) or not len(source):
        return np.zeros(len(source), bool)
    from scipy.spatial import cKDTree  # here: importing it takes longer than `status` may

    nearest, _ = cKDTree(there).query(source.located.position_zyx_angstrom)
    return np.asarray(nearest < distance)


def is_close(source: Source, there: NDArray[np.float64], distance: float) -> NDArray[np.bool_]:
    """``(n,)``: who has to go so that no two are nearer than `distance` to each other.

    The highest score stays, of equal ones the first; places `there` stay before them.
    """
    close = is_near(source, there, distance)
    if len(source) < 2:
        return close
    from scipy.spatial import cKDTree

    position = source.located.position_zyx_angstrom
    tree = cKDTree(position)
    nearest, _ = tree.query(position, k=2)
    has_neighbour = nearest[:, 1] < distance  # mostly few: the others need no loop
    score = np.nan_to_num(source.score, nan=-np.inf)
    for i in np.lexsort((np.arange(len(source)), -score)).tolist():
        if has_neighbour[i] and not close[i]:
            near = tree.query_ball_point(position[i], np.nextafter(distance, 0))
            close[[j for j in near if j != i]] = True
    return close
