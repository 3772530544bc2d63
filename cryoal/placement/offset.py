"""Whether picks sit half a voxel or a whole one beside the middle of what they are on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.placement.hypotheses import small_offsets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.placement.hypotheses import Hypothesis
    from cryoal.placement.landscape import Landscape

__all__ = ["Offset", "Slopes", "find_offset", "slopes_at"]

SCALE = 1  # of the landscape: a sixth of a box
STEP = 0.75  # coarse voxels to either end of a difference that stands for a slope
LEAD = 20.0  # of T2: 1 in 5,000 by chance alone of three normal slopes
ROUND = 0.15  # least over largest curvature of a spot; of a filament or a membrane it is about 0
FEWEST = 20  # picks: three slopes, their covariance


@dataclass(frozen=True)
class Offset:
    """Where the middle of the average is, seen from the picks."""

    voxels_zyx: tuple[float, float, float]
    error_zyx: tuple[float, float, float]
    """Standard errors, voxels."""
    t2: float
    """How surely it is not 0: about chi-squared of 3 degrees of freedom if it is."""
    better: Hypothesis | None
    """The offset by half a voxel or one that fits clearly better than none."""

    @property
    def is_clear(self) -> bool:
        """Whether that is a whole voxel: half of one is what a membrane beside particles does too.

        Particles half a box above membranes seemed 0.4 to 0.6 voxels off them, T2 of 22 to 42.
        """
        return self.better is not None and float(np.abs(self.better.offset).max()) >= 1.0


@dataclass(frozen=True)
class Slopes:
    """Of the contrast in one tomogram."""

    at: tuple[NDArray[np.float64], ...]
    """At the picks, then at the picks moved by each of the offsets; ``(n, 3)`` each, per voxel."""
    curvature: NDArray[np.float64]
    """The mean at the picks, ``(3, 3)``, per voxel squared."""


def find_offset(parts: Sequence[Slopes]) -> Offset | None:
    """The offset of the picks of several tomograms; None where there is no spot to be seen.

    A particle seen from all sides is as dense on one side of its middle as on the other: at the
    middle the slope of the contrast is 0 on average. The slopes at the picks give the offset by the
    mean curvature (one step of Newton's method), its errors by their covariance, and Hotelling's T2
    for no offset, as for each of :func:`~.hypotheses.small_offsets`.
    """
    n = np.array([len(part.at[0]) for part in parts], np.float64)
    if n.sum() < FEWEST:
        return None
    together = [np.concatenate(each) for each in zip(*(p.at for p in parts), strict=True)]
    curvature = np.average([part.curvature for part in parts], axis=0, weights=n)
    values = np.linalg.eigvalsh(curvature)
    least, most = np.abs(values).min(), np.abs(values).max()
    if abs(np.sign(values).sum()) < 3 or least < ROUND * most:
        return None
    slopes = together[0]
    inverse = np.linalg.inv(curvature)
    covariance = inverse @ np.cov(slopes.T) @ inverse.T / len(slopes)
    t2 = [_t2(each) for each in together]
    best = int(np.argmin(t2))
    return Offset(
        _three(-inverse @ slopes.mean(axis=0)),
        _three(np.sqrt(np.diag(covariance))),
        t2[0],
        small_offsets()[best - 1] if t2[best] < t2[0] - LEAD else None,
    )


def slopes_at(landscape: Landscape, voxel_zyx: NDArray[np.float64]) -> Slopes:
    """Slopes at picks, (n, 3) voxels of the tomogram, that are not at the border."""
    values = landscape.values[..., SCALE]
    unit = np.eye(3) * STEP
    size = np.asarray(values.shape)
    place = landscape.coarse(voxel_zyx)
    place = place[((place >= 2.0) & (place <= size - 3.0)).all(axis=1)]

    def at(where: NDArray[np.float64]) -> NDArray[np.float64]:
        return _between(values, np.clip(where, 0.0, size - 1.0))

    def slopes(where: NDArray[np.float64]) -> NDArray[np.float64]:
        per_voxel = 2 * STEP * landscape.factor
        return np.stack([(at(where + u) - at(where - u)) / per_voxel for u in unit], axis=1)

    here = at(place)
    curvature = np.zeros((3, 3))
    for i in range(3) if len(place) else ():
        both = at(place + unit[i]) + at(place - unit[i])
        curvature[i, i] = (both - 2 * here).mean()
        for j in range(i):
            along, across = unit[i] + unit[j], unit[i] - unit[j]
            mixed = at(place + along) + at(place - along) - at(place + across) - at(place - across)
            curvature[i, j] = curvature[j, i] = mixed.mean() / 4
    moves = [np.zeros(3), *(offset.offset / landscape.factor for offset in small_offsets())]
    return Slopes(
        tuple(slopes(place + move) for move in moves), curvature / (STEP * landscape.factor) ** 2
    )


def _between(values: NDArray[np.float32], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Trilinear between the voxels around each place, (n, 3) within the array.

    scipy's map_coordinates copies the whole array at each call where it is one scale of several.
    """
    low = np.minimum(place.astype(np.int64), np.asarray(values.shape) - 2)
    share = place - low
    total = np.zeros(len(place))
    for corner in np.ndindex(2, 2, 2):
        weight = np.where(corner, share, 1.0 - share).prod(axis=1)
        total += weight * values[tuple((low + corner).T)]
    return total


def _t2(slopes: NDArray[np.float64]) -> float:
    mean = slopes.mean(axis=0)
    return float(mean @ np.linalg.pinv(np.cov(slopes.T) / len(slopes)) @ mean)


def _three(values: NDArray[np.float64]) -> tuple[float, float, float]:
    z, y, x = (float(v) for v in values)
    return z, y, x
