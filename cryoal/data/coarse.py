"""The middle of a tomogram, or all of it, binned: read in slabs, so that any size fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.io.volumes.base import Volume

__all__ = ["middle", "read_coarse"]

SLAB = 64  # sections at once: a chunk of most Zarr files


def middle(shape: Sequence[int], most_voxels: float) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First and last corner of the middle block of `shape` with at most `most_voxels`.

    The block is as near to a cube as the tomogram lets it be, so that picks whose axes are
    exchanged or run the other way come to lie in it too.

    Examples
    --------
    >>> middle((100, 400, 400), 1e6)
    ((0, 150, 150), (100, 250, 250))
    """
    edge, size = max(shape), np.asarray(shape)
    while edge > 1 and np.prod(np.minimum(size, edge), dtype=np.float64) > most_voxels:
        edge = max(1, min(edge - 1, int(edge * 0.99)))
    kept = np.minimum(size, edge)
    start = (size - kept) // 2
    return tuple(start.tolist()), tuple((start + kept).tolist())


def read_coarse(
    volume: Volume, factor: int, start: Sequence[int], stop: Sequence[int]
) -> NDArray[np.float32]:
    """Means over cubes of `factor` voxels of the block between two corners.

    What is left over at the far faces is left out. A mean over voxels of which one is not finite is
    that of the slab.
    """
    z, y, x = ((b - a) // factor for a, b in zip(start, stop, strict=True))
    out = np.empty((z, y, x), np.float32)
    at_once = max(1, SLAB // factor)
    last = [a + n * factor for a, n in zip(start[1:], (y, x), strict=True)]
    for first in range(0, z, at_once):
        n = min(at_once, z - first)
        low = start[0] + first * factor
        slab = volume.read((low, *start[1:]), (low + n * factor, *last))
        blocks = slab.reshape(n, factor, y, factor, x, factor)
        # one axis after the other: twice as fast as a mean over three
        with np.errstate(invalid="ignore", over="ignore"):
            sums = blocks.sum(axis=5, dtype=np.float32).sum(axis=3).sum(axis=1)
        mean = sums / np.float32(factor**3)
        hole = ~np.isfinite(mean)
        if hole.any():
            mean[hole] = np.median(mean[~hole]) if not hole.all() else 0.0
        out[first : first + n] = mean
    return out
