"""A density on another grid, band-limited: exact for what the new grid can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["resample"]


def resample(
    values: NDArray[np.floating[Any]],
    spacing: float,
    center_zyx: NDArray[np.float64],
    *,
    size: int,
    new_spacing: float,
    resolution: float = 0.0,
    finest: float,
) -> NDArray[np.float32]:
    """`values` on a cube of ``size^3`` around `center_zyx`, by trigonometric interpolation.

    Outside `values` there is nothing (0), not their periodic image. Frequencies above 1 / `finest`
    along an axis are left out, so that a grid of half that spacing holds the rest.

    Parameters
    ----------
    values
        ``(d, h, w)``.
    spacing, new_spacing
        Angstrom.
    center_zyx
        Angstrom from the first voxel of `values`; becomes voxel ``size // 2`` of the cube.
    resolution
        Angstrom at which amplitudes are halved by a Gaussian; 0: they stay as they are.
    finest
        Angstrom.
    """
    out = values.astype(np.float64)
    for axis, middle in enumerate(center_zyx):
        wanted = middle + (np.arange(size) - size // 2) * new_spacing
        matrix = _matrix(out.shape[axis], wanted / spacing, spacing, resolution, finest)
        out = np.moveaxis(np.tensordot(matrix, out, axes=(1, axis)), 0, axis)
    return out.astype(np.float32)


def _matrix(
    n: int, wanted: NDArray[np.float64], spacing: float, resolution: float, finest: float
) -> NDArray[np.float64]:
    """``(m, n)``: values at `wanted` voxels from values at voxels 0 ... n - 1, 0 elsewhere.

    Voxels are taken to repeat after 2 n, half of them empty; what lies beyond is 0.
    """
    period = 2 * n
    highest = min(n - 1, int(period * spacing / finest))
    k = np.arange(highest + 1)  # each stands for its negative too
    frequency = k / (period * spacing)
    weight = np.where(k == 0, 1.0, 2.0)
    weight *= np.exp(-np.log(2) * (frequency * resolution) ** 2)
    apart = wanted[:, None] - np.arange(n)
    there = (wanted > -n / 2) & (wanted < 1.5 * n)
    phase = 2 * np.pi / period * k[:, None, None] * apart
    matrix: NDArray[np.float64] = np.tensordot(weight / period, np.cos(phase), axes=1)
    return matrix * there[:, None]
