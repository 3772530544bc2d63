"""What is background in a tomogram, and how much its voxels scatter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.specimen import edge_of_tiles, is_specimen, tile_variance
from cryoal.errors import TomogramError
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cryoal.data.given import Given
    from cryoal.io.volumes.base import Volume

__all__ = ["MAX_SAMPLE", "Statistics", "robust_statistics"]

MAX_SAMPLE = 1 << 22
"""Voxels looked at: from 4 million, median and scale come out to 0.1 % of the scale."""

N_SLICES = 64  # of a large tomogram: few enough to be read in a second, many enough for its depth
MAD_TO_SIGMA = 1.4826  # of a normal distribution


BY_SCATTER = "scatter"

ENOUGH_TIES = 1e-3  # of the voxels: so many equal ones make a median jump from value to value


@dataclass(frozen=True)
class Statistics:
    """Robust location and scale of the voxels of one tomogram, in its own units."""

    center: float
    """Median of its specimen."""
    scale: float
    """1.4826 times the median absolute deviation: the standard deviation, were they normal."""
    empty_share: float = 0.0
    """Share of the volume that was left out as empty."""
    specimen: str = BY_SCATTER
    """What told where specimen is: `scatter`, or what the user said."""


def robust_statistics(
    volume: Volume, max_sample: int = MAX_SAMPLE, given: Given | None = None
) -> Statistics:
    """Median and scaled MAD of a deterministic sample of at most `max_sample` voxels of specimen.

    A small tomogram is taken whole. Of a large one, slices evenly spaced in z are read one after
    the other and voxels drawn at random from each: the same volume gives the same numbers.

    What is empty is left out: where `given` says so, or else where small tiles of the slices
    scatter much less than the others (:func:`~cryoal.data.specimen.is_specimen`). Voxels that are
    not finite are left out. Where more than half of the sample has one and the same value (a
    tomogram with wide padding, or masked), that value is left out too.

    Raises
    ------
    TomogramError
        Nothing finite, or hardly any two different values; or what is given does not fit.
    """
    if given is None:
        sample, share = _specimen(volume, max_sample)
    else:
        sample, share = _inside(volume, max_sample, given)
    is_finite = np.isfinite(sample)
    if not is_finite.all():
        sample = sample[is_finite]
    if not sample.size:
        raise TomogramError(f"expected finite voxels, found none in {volume.path}")
    found = _median_and_scale(sample)
    if found[1] == 0:
        rest = sample[sample != found[0]]
        if rest.size:
            found = _median_and_scale(rest)
    center, scale = found
    if scale == 0 or not 0 < 1 / scale < float("inf"):
        raise TomogramError(
            f"expected voxels that scatter, found mostly {center:g} in {volume.path}: is it a mask?"
        )
    return Statistics(center, scale, share, given.name if given else BY_SCATTER)


def _median_and_scale(sample: NDArray[np.float64]) -> tuple[float, float]:
    plain = float(np.median(sample))
    n_equal = int(np.count_nonzero(sample == plain))
    if n_equal > sample.size // 2:  # the median deviation is 0
        return plain, 0.0
    center = _between_equal(sample, plain, n_equal)
    deviation = np.abs(sample - center)
    plain = float(np.median(deviation))
    n_equal = int(np.count_nonzero(deviation == plain))
    return center, MAD_TO_SIGMA * _between_equal(deviation, plain, n_equal)


def _between_equal(values: NDArray[np.float64], plain: float, n_equal: int) -> float:
    """The median; of values that are often equal, such as whole numbers, between two of them.

    Equal values stand for an even spread halfway to their neighbours. The MAD of an int16
    tomogram may be 16, and would go up and down in steps of 6 %. `plain` is the median as it is,
    which `n_equal` of the values have.
    """
    if values.size < 1 / ENOUGH_TIES or n_equal < ENOUGH_TIES * values.size:
        return plain
    below, above = values[values < plain], values[values > plain]
    low = (plain + below.max(initial=-np.inf)) / 2 if below.size else plain
    high = (plain + above.min(initial=np.inf)) / 2 if above.size else plain
    return float(low + (high - low) * (values.size / 2 - below.size) / n_equal)


def _specimen(volume: Volume, max_sample: int) -> tuple[NDArray[np.float64], float]:
    """A sample of what the scatter of tiles says is specimen, and the share of the rest."""
    depth, height, width = volume.shape
    edge = edge_of_tiles(height, width)
    variance, drawn = [], []
    for _, section, chosen in _slices(volume, max_sample, range(depth)):
        variance.append(tile_variance(section, edge))
        drawn.append((section.ravel()[chosen], chosen))
    found = is_specimen(np.stack(variance))
    if found is None:
        return np.concatenate([voxels for voxels, _ in drawn], dtype=np.float64), 0.0
    is_left, empty_share = found
    _, rows, columns = is_left.shape
    kept = []
    for tiles, (voxels, chosen) in zip(is_left, drawn, strict=True):
        place = np.arange(height * width)[chosen]
        row, column = place // width // edge, place % width // edge
        is_in_tile = (row < rows) & (column < columns)  # not in what is left over beside the last
        kept.append(voxels[is_in_tile][tiles[row[is_in_tile], column[is_in_tile]]])
    return np.concatenate(kept, dtype=np.float64), empty_share


def _inside(volume: Volume, max_sample: int, given: Given) -> tuple[NDArray[np.float64], float]:
    """A sample of what the user says is specimen, and the share of the rest."""
    drawn, n_looked_at = [], 0
    depth = volume.shape[0]
    with given.opened(volume) as inside:
        sections = given.sections(depth)
        for z, section, chosen in _slices(volume, max_sample, sections):
            voxels = section.ravel()[chosen]
            n_looked_at += voxels.size
            drawn.append(voxels[inside(z).ravel()[chosen]].astype(np.float64))
    sample = np.concatenate(drawn)
    if not sample.size:
        raise TomogramError(f"expected specimen of {volume.path} in the {given.name}, found none")
    return sample, 1 - sample.size / n_looked_at * len(sections) / depth


def _slices(
    volume: Volume, max_sample: int, sections: range
) -> Iterator[tuple[int, NDArray[Any], slice | NDArray[np.int64]]]:
    """Number and voxels (y, x) of the slices to look at, and which of its voxels to draw."""
    depth, (_, height, width) = len(sections), volume.shape
    area = height * width
    is_whole = depth * area <= max_sample
    n_slices = depth if is_whole else min(depth, N_SLICES, max_sample)
    rng = stream(0, "statistics", *volume.shape)
    for z in np.linspace(sections[0], sections[-1], n_slices).round().astype(int).tolist():
        section = volume.read((z, 0, 0), (z + 1, height, width))[0]
        yield (
            z,
            section,
            slice(None) if is_whole else rng.integers(area, size=max_sample // n_slices),
        )
