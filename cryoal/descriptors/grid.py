"""Where voxels are, seen from the centre voxel ``side // 2``, and weights by distance from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["away", "disc", "from_centre", "windows"]


def from_centre(side: int) -> tuple[NDArray[np.float64], ...]:
    """z, y, x of every voxel, each ``(side, side, side)``; 0 is the centre voxel."""
    axis = np.arange(side, dtype=np.float64) - side // 2
    return tuple(np.meshgrid(axis, axis, axis, indexing="ij"))


def away(side: int) -> NDArray[np.float64]:
    """Distance of every voxel from the centre voxel."""
    z, y, x = from_centre(side)
    return np.sqrt(z * z + y * y + x * x)


def disc(distance: NDArray[np.float64], radius: float, width: float) -> NDArray[np.float64]:
    """1 inside `radius`, 0 outside, falling over `width` as the logistic function does."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp((distance - radius) / width)))


def windows(
    distance: NDArray[np.float64], radii: Sequence[float], width: float
) -> NDArray[np.float64]:
    """``(windows, voxels)``: a ball, then shells up to each of `radii`; each sums to 1."""
    discs = [disc(distance, radius, width).ravel() for radius in radii]
    found = np.diff(np.stack([np.zeros_like(discs[0]), *discs]), axis=0)
    return np.asarray(found / found.sum(axis=1, keepdims=True))
