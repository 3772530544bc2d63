"""Descriptors as directions: boxes that look alike point the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.heads.block_sets import views
from cryoal.heads.standardise import SideBySide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Directions"]

SHRINKAGE = 0.6
"""Of the pool's correlations to none: what many columns tell alike counts as a few, not as one."""
_LEAST = 1e-9


class Directions:
    """Rows of unit length in each view, side by side, so that a product is a mean of cosines.

    Each view (:func:`cryoal.heads.block_sets.views`) is standardised over the pool and whitened
    half-way: its covariance is shrunken to the diagonal by :data:`SHRINKAGE`. Columns of a
    descriptor tell the same thing many times over, and unwhitened that alone decides which boxes
    are near.

    Parameters
    ----------
    mean_std
        Mean and standard deviation of each column over the whole pool.
    sample
        ``(m, columns)`` for each block, of boxes from all over the pool.
    """

    def __init__(
        self,
        mean_std: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]],
        sample: Mapping[str, NDArray[np.floating]],
    ) -> None:
        self._side_by_side = SideBySide(mean_std)
        rows = self._side_by_side(sample).astype(np.float64)
        self._views = [
            (columns, *_half_whitened(rows[:, columns]))
            for columns in map(self._side_by_side.columns, views(self._side_by_side.names))
        ]

    def __call__(self, blocks: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
        """``(m, width)`` float32 of unit length; a box without any spread in a view is 0 there."""
        rows = self._side_by_side(blocks)
        parts = []
        for columns, middle, matrix in self._views:
            part = (rows[:, columns] - middle) @ matrix
            length = np.sqrt(np.einsum("ij,ij->i", part, part))[:, None]
            parts.append(part / np.where(length > 0, length, 1.0))
        found = np.concatenate(parts, axis=1) / np.sqrt(len(parts))
        return np.asarray(found, dtype=np.float32)


def _half_whitened(
    rows: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean of `rows`, ``(m, p)``, and the matrix ``(p, p)`` that is multiplied from the right.

    It is L^-T / sd, L L^T = (1 - s) C + s 1 with C the correlations.
    """
    middle = rows.mean(axis=0)
    centred = rows - middle
    variance = np.square(centred).mean(axis=0)
    scale = np.where(variance > _LEAST, 1.0 / np.sqrt(np.maximum(variance, _LEAST)), 0.0)
    centred *= scale
    correlation = (1.0 - SHRINKAGE) * (centred.T @ centred) / len(rows)
    correlation[np.diag_indices(len(scale))] += SHRINKAGE
    lower = np.linalg.cholesky(correlation)
    matrix = np.linalg.solve(lower, np.diag(scale)).T
    return middle.astype(np.float32), matrix.astype(np.float32)
