"""Contrast summed over a pattern of picks, and over the same pattern shifted as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from cryoal.placement.landscape import SCALES
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.placement.landscape import Landscape

__all__ = ["N_FEATURES", "N_SHIFTS", "Tally", "clearer", "sum_of", "tally"]

N_SHIFTS = 100
"""Shifted patterns: their scatter is known to 7 %, which 200 would make 5 % in twice the time."""

NEAREST, FARTHEST = 1.0, 2.5  # boxes: beyond the particle itself, within the same surroundings
DEEPEST = 2.5
N_FEATURES = 2 * len(SCALES)
FEWEST = 5  # picks in the part that was looked at, and a fifth as many shifts as are drawn
ENOUGH = 20
FEWEST_PLACES = 8  # that picks amount to: a crowd of 200 on one place is one


@cache
def _shifts() -> NDArray[np.float64]:
    """(1 + shifts, 3) in boxes; the first is none."""
    rng = stream(0, "placement", "shifts")
    drawn = rng.uniform(-1.0, 1.0, (20 * N_SHIFTS, 3)) * (DEEPEST, FARTHEST, FARTHEST)
    length = np.linalg.norm(drawn, axis=1)
    kept = drawn[(length >= NEAREST) & (length <= FARTHEST)][:N_SHIFTS]
    return np.concatenate([np.zeros((1, 3)), kept])


@dataclass(frozen=True)
class Tally:
    """What one reading adds up to; see :func:`sum_of` for several tomograms."""

    sums: NDArray[np.float64]
    """(1 + shifts, features): row 0 of the pattern itself, the others of it shifted. Features are
    the contrast at each scale, then its square at each: particles among much junk are few
    places that stand out far, and bright and dark ones together have no mean."""
    counts: NDArray[np.int64]
    """(1 + shifts,): picks that were looked at."""
    moments: NDArray[np.float64]
    """(3, features): mean, standard deviation and skewness of single places of the tomogram."""
    n: int
    """All picks."""
    n_inside: int
    """Picks that this reading places inside the tomogram."""

    @property
    def share_inside(self) -> float:
        """Share of the picks that lie inside."""
        return self.n_inside / max(self.n, 1)

    @property
    def is_told(self) -> bool:
        """Whether enough was looked at to compare with."""
        return bool(self.counts[0] >= FEWEST and self._usable.sum() >= ENOUGH)

    @property
    def glance(self) -> float:
        """The largest z that the scales have if every pick is on its own, without shifted ones."""
        n = max(int(self.counts[0]), 1)
        mean, sd, _ = self.moments
        naive = (self.sums[0] - n * mean) / (sd * np.sqrt(n))
        naive[: len(SCALES)] = np.abs(naive[: len(SCALES)])
        return float(naive.max() * np.sqrt(self.share_inside))

    @property
    def _usable(self) -> NDArray[np.bool_]:
        return np.asarray(2 * self.counts[1:] >= max(int(self.counts[0]), 1))

    @property
    def effect(self) -> NDArray[np.float64]:
        """(features,): the mean at the picks less that at the shifted ones, in local sigma."""
        if not self.is_told:
            return np.zeros(N_FEATURES)
        sums, counts = self.sums[1:][self._usable], self.counts[1:][self._usable]
        return np.asarray(self.sums[0] / self.counts[0] - (sums / counts[:, None]).mean(axis=0))

    @property
    def z(self) -> NDArray[np.float64]:
        """(features,): the effect over the scatter of shifted patterns; of squares what is above 0.

        The scatter is that of patterns as crowded as the picks are, among the same membranes. Each
        pick outside counts as one on nothing.
        """
        if not self.is_told:
            return np.zeros(N_FEATURES)
        null = _root(self.sums[1:][self._usable], self.counts[1:][self._usable])
        here = self.sums[0] / np.sqrt(self.counts[0])
        sd = self.moments[1]
        spread = np.maximum(null.std(axis=0, ddof=1), LEAST_SPREAD * sd)
        found = (here - null.mean(axis=0)) / spread * np.sqrt(self.share_inside)
        found[len(SCALES) :] = np.maximum(found[len(SCALES) :], 0.0)  # flat places are no fit
        # as many independent places as the scatter tells
        skew = self.moments[2]
        places = self.counts[0] * (sd / spread) ** 2
        tamed = normal(np.abs(found), np.sign(found) * skew / np.sqrt(places))
        return np.asarray(np.where(places < FEWEST_PLACES, 0.0, np.sign(found) * tamed))


LEAST_SPREAD = 0.5
"""Of a single place's: a sum over n scatters by the root of n times that, unless by accident."""


def normal(z: NDArray[np.float64], skew: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a normal value would be that is as rare as `z` > 0 of a sum with that skewness.

    By the cube root of a gamma distribution (Wilson and Hilferty, 1931): the sum over few places
    of which some stand out far is far from 0 more often than a normal one. A skewness below 0 is
    taken for 0.

    Examples
    --------
    >>> normal(np.array([4.5, 4.5]), np.array([0.0, 0.6])).round(1).tolist()
    [4.5, 3.4]
    """
    root = 2.0 / np.maximum(skew, 1e-3)  # of the shape
    return np.asarray(3 * root * (np.cbrt(1 + z / root) - 1) + 1 / (3 * root))


def sum_of(tallies: Sequence[Tally]) -> Tally:
    """That of all the tomograms together, which are shifted alike."""
    return Tally(
        np.sum([each.sums for each in tallies], axis=0),
        np.sum([each.counts for each in tallies], axis=0),
        np.mean([each.moments for each in tallies], axis=0),
        sum(each.n for each in tallies),
        sum(each.n_inside for each in tallies),
    )


def clearer(one: Tally, other: Tally, feature: int, sign: float, sign_of_other: float) -> float:
    """By how many standard deviations `one` fits better than `other`, by one of the features.

    Both are shifted together, so what the two have in common does not blur the difference.
    """
    a, b = sign * one.sums[:, feature], sign_of_other * other.sums[:, feature]
    most = max(int(one.counts[0]), int(other.counts[0]), 1)
    sd = float(one.moments[1, feature])
    both = 2 * np.minimum(one.counts, other.counts) >= most
    shared = both[1:]
    if shared.sum() >= ENOUGH:
        difference = a - b
        at = np.maximum(one.counts, other.counts)[1:][shared]
        null = difference[1:][shared] * np.sqrt(most / np.maximum(at, 1))
        spread = max(float(null.std(ddof=1)), LEAST_SPREAD * sd * np.sqrt(most))
        return float((difference[0] - null.mean()) / spread)
    # too little in common: each with the scatter of its own
    lead = variance = 0.0
    for sums, counts, way in ((a, one.counts, 1.0), (b, other.counts, -1.0)):
        usable = 2 * counts[1:] >= max(int(counts[0]), 1)
        mean, spread = 0.0, sd
        if counts[0] and usable.sum() >= ENOUGH:
            null = sums[1:][usable] / np.sqrt(counts[1:][usable])
            mean, spread = float(null.mean()), float(null.std(ddof=1))
        lead += way * (float(sums[0]) - mean * np.sqrt(counts[0]))
        variance += max(spread, LEAST_SPREAD * sd) ** 2 * int(counts[0])
    return float(lead / np.sqrt(max(variance, sd**2)))


def tally(
    landscape: Landscape, voxel_zyx: NDArray[np.float64], box: int, *, shifted: bool = True
) -> Tally:
    """The picks at `voxel_zyx`, (n, 3) voxels of the tomogram; those outside are left out.

    Without `shifted` the pattern alone is looked at, in a hundredth of the time.
    """
    shape = np.asarray(landscape.shape)
    is_inside = ((voxel_zyx >= -0.5) & (voxel_zyx < shape - 0.5)).all(axis=1)
    size = landscape.values.shape[:3]
    # whole numbers, an axis at a time: three times as fast as positions in one array
    place = np.floor(landscape.coarse(voxel_zyx[is_inside]) + 0.5).astype(np.int32)
    by = _shifts() if shifted else np.zeros((1, 3))
    step = np.rint(by * (box / landscape.factor)).astype(np.int32)
    seen = np.ones((len(step), len(place)), np.bool_)
    flat = np.zeros((len(step), len(place)), np.int32)
    for axis in range(3):
        index = place[:, axis] + step[:, axis, None]
        seen &= index.view(np.uint32) < size[axis]  # what is below 0 is a large number
        flat *= np.int32(size[axis])
        flat += index
    flat[~seen] = 0
    values = landscape.values.reshape(-1, len(SCALES)).take(flat, axis=0)
    values *= seen[..., None]
    squares = np.einsum("spf,spf->sf", values, values, dtype=np.float64)
    return Tally(
        np.concatenate([values.sum(axis=1, dtype=np.float64), squares], axis=1),
        seen.sum(axis=1),
        landscape.moments,
        len(voxel_zyx),
        int(is_inside.sum()),
    )


def _root(sums: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(sums / np.sqrt(np.maximum(counts, 1))[:, None])
