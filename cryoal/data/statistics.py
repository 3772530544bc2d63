"""What is background in a tomogram, and how much its voxels scatter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import TomogramError
from cryoal.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.io.volume import Volume

__all__ = ["MAX_SAMPLE", "Statistics", "robust_statistics"]

MAX_SAMPLE = 1 << 22
"""Voxels looked at: from 4 million, median and scale come out to 0.1 % of the scale."""

N_SLICES = 64  # of a large tomogram: few enough to be read in a second, many enough for its depth
MAD_TO_SIGMA = 1.4826  # of a normal distribution


@dataclass(frozen=True)
class Statistics:
    """Robust location and scale of the voxels of one tomogram, in its own units."""

    center: float
    """Median."""
    scale: float
    """1.4826 times the median absolute deviation: the standard deviation, were they normal."""


def robust_statistics(volume: Volume, max_sample: int = MAX_SAMPLE) -> Statistics:
    """Median and scaled MAD of a deterministic sample of at most `max_sample` voxels.

    A small tomogram is taken whole. Of a large one, slices evenly spaced in z are read one after
    the other and voxels drawn at random from each: the same volume gives the same numbers.

    Voxels that are not finite are left out. Where more than half of the sample has one and the
    same value (a tomogram with wide padding, or masked), that value is left out too.

    Raises
    ------
    TomogramError
        Nothing finite, or hardly any two different values.
    """
    sample = _sample(volume, max_sample)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        raise TomogramError(f"expected finite voxels, found none in {volume.path}")
    found = _median_and_scale(sample)
    if found.scale == 0:
        rest = sample[sample != found.center]
        if rest.size:
            found = _median_and_scale(rest)
    if found.scale == 0:
        raise TomogramError(
            f"expected voxels that scatter, found mostly {found.center:g} in {volume.path}: "
            f"is it a mask?"
        )
    return found


def _median_and_scale(sample: NDArray[np.float64]) -> Statistics:
    center = float(np.median(sample))
    deviation = float(np.median(np.abs(sample - center)))
    return Statistics(center, MAD_TO_SIGMA * deviation)


def _sample(volume: Volume, max_sample: int) -> NDArray[np.float64]:
    depth, height, width = volume.shape
    area = height * width
    is_whole = depth * area <= max_sample
    n_slices = depth if is_whole else min(depth, N_SLICES, max_sample)
    rng = stream(0, "statistics", *volume.shape)
    drawn = []
    for z in np.linspace(0, depth - 1, n_slices).round().astype(int).tolist():
        voxels = volume.read((z, 0, 0), (z + 1, height, width)).ravel()
        if not is_whole:
            voxels = voxels[rng.integers(area, size=max_sample // n_slices)]
        drawn.append(voxels.astype(np.float64))
    return np.concatenate(drawn)
