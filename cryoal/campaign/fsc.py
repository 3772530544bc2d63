"""How far two volumes agree, shell by shell of spatial frequency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fsc", "resolution", "soft_sphere"]

ENOUGH = 0.143
"""Where the curve of two halves says that their mean correlates 0.5 with the truth (Rosenthal and
Henderson, 2003)."""
EDGE = 3.0  # voxels over which the sphere falls off


def fsc(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """``(b // 2 + 1,)``: the Fourier shell correlation of two cubes of edge b, at k / b per voxel.

    Shell k holds the frequencies whose length rounds to k; shell 0 is the mean.
    """
    edge = one.shape[0]
    a, b = np.fft.fftn(one.astype(np.float64)), np.fft.fftn(other.astype(np.float64))
    along = np.fft.fftfreq(edge) * edge
    length = np.sqrt(sum(axis**2 for axis in np.meshgrid(along, along, along, indexing="ij")))
    shell = np.floor(length + 0.5).astype(np.int64).ravel()
    n = edge // 2 + 1

    def summed(values: NDArray[np.floating]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(shell, values.ravel(), minlength=n)[:n], np.float64)

    product = summed((a * b.conj()).real)
    power = np.sqrt(summed(np.abs(a) ** 2) * summed(np.abs(b) ** 2))
    return np.divide(product, power, out=np.zeros(n), where=power > 0)


def resolution(curve: NDArray[np.float64], edge: int, spacing: float) -> float | None:
    """Angstrom at which `curve` first falls below :data:`ENOUGH`; None where it never does.

    Between two shells the curve is a line.
    """
    below = np.flatnonzero(curve[1:] < ENOUGH)
    if not below.size:
        return None
    k = int(below[0]) + 1
    before, after = (1.0 if k == 1 else float(curve[k - 1])), float(curve[k])
    at = k - 1 + (before - ENOUGH) / (before - after)
    return edge * spacing / at


def soft_sphere(edge: int) -> NDArray[np.float64]:
    """1 in the sphere that fits into the cube, falling to 0 as a cosine at its rim."""
    along = np.arange(edge) - edge // 2
    z, y, x = np.meshgrid(along, along, along, indexing="ij")
    beyond = np.clip((np.sqrt(z**2 + y**2 + x**2) - (edge / 2 - 1 - EDGE)) / EDGE, 0, 1)
    return np.asarray((1 + np.cos(np.pi * beyond)) / 2)
