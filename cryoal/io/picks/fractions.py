"""Coordinates between 0 and 1: fractions of a tomogram, and what they are fractions of.

Warp's template matching finds a particle at a whole voxel of its reconstruction and writes angstrom
over the physical size of the tomogram (``TiltSeries.MatchFull.cs``); the real list of 2024 that the
tests read is of voxels over the size in voxels. The two differ by up to a voxel at the far end: a
reconstruction has the even number of voxels that is nearest. Neither size is in the file; but
fractions of whole voxels, times the right size, are whole numbers, and those of another are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.numeral import to_floats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["are_fractions", "size_by_whole_voxels"]

MOST = 0.75  # of the picks are within: no list of voxels has so many in the first voxel
REACH = 1.02  # voxels by which the size may differ from the volume's
STEP = 0.002
WHOLE = 0.01  # voxels: how near to a whole number; 6 decimals of 1000 voxels are 0.0005
DISTINCT = 4  # values that fall on whole voxels by chance in less than 1 of 10,000 lists
SAMPLED = 200  # values that are looked at, of as many as there may be
ENOUGH = 0.95  # of the picks fall on whole voxels; others were moved by hand, or lie outside


def are_fractions(columns: Mapping[str, Sequence[str]], labels: Sequence[str]) -> bool:
    """Whether the coordinates are fractions: all but a few picks lie between 0 and 1.

    A pick beyond is one outside of the tomogram; it does not make voxels of the others.
    """
    try:
        values = np.stack([to_floats(columns[label]) for label in labels])
    except (ValueError, KeyError):
        return False
    is_within = ((values >= 0) & (values <= 1)).all(axis=0)
    if not is_within.size or is_within.mean() < MOST:
        return False
    return bool((values[:, is_within] % 1 != 0).any())


def size_by_whole_voxels(
    fractions: NDArray[np.float64], shape: Sequence[int]
) -> list[float | None]:
    """The size in voxels, along each axis, by which fractions become whole numbers.

    Parameters
    ----------
    fractions
        ``(n, 3)``, in the order of `shape`.
    shape
        Voxels of the volume; the size that is sought lies within about one of it.

    Returns
    -------
    list
        None along an axis where no size does, or several do.

    Examples
    --------
    >>> size_by_whole_voxels(np.array([[3, 10, 17, 29, 41]]).T / 47.3, [48])
    [47.3]
    """
    return [_size(np.unique(values), n) for values, n in zip(fractions.T, shape, strict=True)]


def _size(values: NDArray[np.float64], n: int) -> float | None:
    values = values[(values > 0) & (values <= 1)]
    if len(values) < DISTINCT:
        return None
    values = values[:: max(1, len(values) // SAMPLED)]
    sizes = np.arange(n - REACH, n + REACH, STEP)
    is_whole = np.zeros(len(sizes))
    for value in values:
        found = value * sizes
        is_whole += np.abs(found - np.round(found)) < WHOLE
    fitting = sizes[is_whole >= ENOUGH * len(values)]
    if not fitting.size or np.ptp(fitting) > 4 * WHOLE / values.max():
        return None
    voxels = np.round(values * fitting.mean())
    is_near = np.abs(values * fitting.mean() - voxels) < WHOLE
    voxels, values = voxels[is_near], values[is_near]
    return round(float(voxels @ voxels / (values @ voxels)), 6)  # least squares
