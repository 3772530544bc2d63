"""Spherical harmonics on soft shells, as matrices for the voxels that each shell is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.descriptors.real_harmonics import real_harmonics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["shell_table"]


def shell_table(
    points: Sequence[NDArray[np.float64]],
    radius: float,
    width: float,
    degrees: Sequence[int],
    times: NDArray[np.float64] | float = 1.0,
) -> list[NDArray[np.float64]]:
    r"""Harmonics times :math:`\exp(-(|x| - r)^2 / 2w^2)`, for each degree ``(points, 2l + 1)``.

    Over the points, the sum of squares of all orders of one degree is 2l + 1: the inner product
    with white noise of variance 1 has, on average over the orders, the variance 1. One factor for
    all orders keeps the symmetry of the grid.

    Parameters
    ----------
    points
        z, y, x, each ``(n,)``.
    radius, width
        Of the shell.
    degrees
        l, rising.
    times
        How often each point counts.
    """
    z, y, x = points
    distance = np.sqrt(z * z + y * y + x * x)
    weight = np.exp(-0.5 * ((distance - radius) / width) ** 2)
    table = real_harmonics(z, y, x, degrees[-1]) * weight[:, None]
    parts = [table[:, degree**2 : (degree + 1) ** 2] for degree in degrees]
    counted = np.broadcast_to(times, distance.shape)[:, None]
    return [part * counted / np.sqrt((part**2 * counted).sum() / part.shape[1]) for part in parts]
