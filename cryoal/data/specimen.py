"""Where in a tomogram there is specimen: what is empty is told by how little it scatters.

Vacuum beside a lamella, padding and masks are smooth where a tomogram was denoised or masked. Their
voxels are no background: were they counted, the scale of the same specimen would fall with their
share. The scatter of small tiles has then two modes, and a valley between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["edge_of_tiles", "is_specimen", "tile_variance"]

TILE = (4, 16)  # voxels, least and most: 4^2 are the fewest that tell a scatter
PER_AXIS = 24  # tiles along the shorter of y and x, so that a border of an eighth has its own
STRIP = 9  # tiles along y or x whose mean is offered too: a border may be one tile wide

LOWEST = -6.0  # log2 of scatter, of the most: what scatters 64 times less is all the same
STEP = 0.05
SMOOTH = np.exp(-0.5 * (np.arange(-6, 7) / 2.0) ** 2)  # a Gaussian of 0.1, in steps

VALLEY = 2.0
"""How many times lower the valley has to be than both modes.

Of one mode it is 1: a microtubule, seven tomograms of another group's simulator, phantoms and noise
had 1.00 to 1.02. Where there was vacuum wider than two tiles it was mostly above 10
(docs/log.md)."""

APART = 0.6
"""log2 of how far the modes are apart at least: vacuum of half the scatter is 1 lower, less what
its tiles take up at the border. Specimen itself varies by 0.4, from the 5th to the 50th percentile
of the same tomograms."""

SHARES = (0.01, 0.9)
"""Least and most that is taken for empty. Less moves no median; and the few tiles that scatter much
more than all others are gold, not the only specimen."""

COMPACT = (
    0.2  # of the tiles that scatter more: so many at least have none that scatters less beside
)
FEWEST = 64  # tiles: fewer make no histogram


def edge_of_tiles(height: int, width: int) -> int:
    """Voxels along the edge of a tile, for sections of this size."""
    least, most = TILE
    return int(np.clip(min(height, width) // PER_AXIS, least, most))


def tile_variance(section: NDArray[Any], edge: int) -> NDArray[np.float64]:
    """Variance of each tile of a section (y, x), about a plane: vacuum may have a slope.

    What is left over beside the last whole tile is left out. A tile with voxels that are not finite
    has none.
    """
    rows, columns = section.shape[0] // edge, section.shape[1] // edge
    voxels = section[: rows * edge, : columns * edge].astype(np.float64)
    some = voxels[::edge, ::edge]
    some = some[np.isfinite(some)]
    slope = np.arange(edge) - (edge - 1) / 2
    basis = np.stack([np.full(edge, edge**-0.5), slope / np.sqrt((slope**2).sum())])
    with np.errstate(invalid="ignore", over="ignore"):
        voxels -= np.median(some) if some.size else 0.0  # so that little is lost to rounding
        along = basis @ voxels.reshape(rows, edge, columns * edge)
        along = np.square(along.reshape(rows, 2, columns, edge) @ basis.T)  # (rows, y, columns, x)
        plane = along[:, 0, :, 0] + along[:, 0, :, 1] + along[:, 1, :, 0]
        total = np.square(voxels, out=voxels).reshape(rows, edge, columns * edge).sum(axis=1)
        total = total.reshape(rows, columns, edge).sum(axis=2)
        left = total - plane
        left[~(left > 1e-12 * total) | ~np.isfinite(left)] = 0  # rounding leaves some of a plane
    variance: NDArray[np.float64] = left / (edge**2 - 3)
    return variance


def is_specimen(
    variance: NDArray[np.float64],
) -> tuple[NDArray[np.bool_], float] | None:
    """Which tiles are specimen, of the variances of all (sections, rows, columns).

    With it comes the share of those that are empty.

    Tiles next to empty ones may be partly empty, and are left out as well. None where all is
    specimen: there is one mode, no clear valley, or what scatters more is scattered about itself,
    as gold is.
    """
    if variance.size < FEWEST:
        return None
    scatter = np.sqrt(_smoothed(variance))
    threshold = _valley(scatter)
    if threshold is None:
        return None
    is_empty = scatter < threshold
    is_left = ~_spread(is_empty)
    if is_left.sum() <= COMPACT * (~is_empty).sum():
        return None
    return is_left, float(is_empty.mean())


def _valley(scatter: NDArray[np.float64]) -> float | None:
    """The scatter between the two modes, where there are two."""
    most = np.quantile(scatter, 0.9)
    if not most > 0:
        return None
    level = np.log2(np.maximum(scatter.ravel() / most, 2.0**LOWEST))
    edges = np.arange(LOWEST - STEP / 2, 4.0, STEP)
    counts, _ = np.histogram(level, edges)
    density = np.convolve(counts / level.size, SMOOTH / SMOOTH.sum(), "same")
    lower = np.maximum.accumulate(density)
    upper = np.maximum.accumulate(density[::-1])[::-1]
    depth = np.minimum(lower, upper) / np.maximum(density, 1e-4 * density.max())
    share = np.cumsum(counts) / level.size
    depth[(share < SHARES[0]) | (share > SHARES[1])] = 0
    if depth.max() < VALLEY:
        return None
    deepest = np.flatnonzero(depth >= 0.999 * depth.max())
    place = int(deepest[len(deepest) // 2])  # a valley may have a flat ground
    at = float(edges[place + 1])
    is_low = level < at
    if np.median(level[~is_low]) - np.median(level[is_low]) < APART:
        return None
    return float(most * 2.0**at)


def _smoothed(variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean about each tile, over whichever of its neighbourhoods is most of one kind.

    A tile beside a border has some that reach across it and some that do not (Kuwahara et al.,
    1976). Offered are the nine squares of 3 x 3 tiles that hold it, and two strips through it.
    """
    squared = np.square(variance)
    best = np.empty_like(variance)
    least = np.full_like(variance, np.inf)
    for mean, mean_square in _neighbourhoods(variance, squared):
        spread = np.maximum(mean_square - np.square(mean), 0)
        np.divide(spread, np.square(mean), out=spread, where=mean > 0)
        is_better = spread < least
        best[is_better], least[is_better] = mean[is_better], spread[is_better]
    return best


def _neighbourhoods(
    variance: NDArray[np.float64], squared: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    rows, columns = (np.arange(n) for n in variance.shape[1:])
    square = [_mean(_mean(values, 3, 1), 3, 2) for values in (variance, squared)]
    for down in (0, -1, 1):
        for right in (0, -1, 1):
            y = np.clip(rows + down, 0, rows[-1])[:, None]
            x = np.clip(columns + right, 0, columns[-1])
            yield square[0][:, y, x], square[1][:, y, x]
    for axis in (1, 2):
        yield _mean(variance, STRIP, axis), _mean(squared, STRIP, axis)


def _mean(values: NDArray[np.float64], length: int, axis: int) -> NDArray[np.float64]:
    """Running mean; at the ends over what there is."""
    n = values.shape[axis]
    total = np.zeros_like(values)
    for shift in range(-(length // 2), length // 2 + 1):
        if abs(shift) < n:
            here = [slice(None)] * 3
            there = [slice(None)] * 3
            here[axis] = slice(max(0, -shift), n - max(0, shift))
            there[axis] = slice(max(0, shift), n + min(0, shift))
            total[tuple(here)] += values[tuple(there)]
    place = np.arange(n)
    count = np.minimum(place + length // 2, n - 1) - np.maximum(place - length // 2, 0) + 1
    shape = [1, 1, 1]
    shape[axis] = n
    return np.asarray(total / count.reshape(shape))


def _spread(is_empty: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The empty tiles, and their neighbours in the section."""
    padded = np.pad(is_empty, ((0, 0), (1, 1), (1, 1)))
    height, width = is_empty.shape[1:]
    found = np.zeros_like(is_empty)
    for y in range(3):
        for x in range(3):
            found |= padded[:, y : y + height, x : x + width]
    return found
