"""The directions in which rows differ most, and where each row lies along them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Principal"]


class Principal:
    """Principal components of some rows.

    Parameters
    ----------
    sample
        ``(m, width)``: what the components are told from.
    most
        How many are kept at most.
    """

    def __init__(self, sample: NDArray[np.floating], most: int = 50) -> None:
        rows = sample.astype(np.float64)
        self._middle = rows.mean(axis=0)
        rows -= self._middle
        _, vectors = np.linalg.eigh(rows.T @ rows)
        matrix = vectors[:, ::-1][:, :most]
        # a component and its opposite are as good as each other: the largest number is above 0
        largest = np.abs(matrix).argmax(axis=0)
        matrix = matrix * np.where(matrix[largest, np.arange(matrix.shape[1])] < 0, -1.0, 1.0)
        self._matrix = np.ascontiguousarray(matrix)

    def __call__(self, rows: NDArray[np.floating]) -> NDArray[np.float32]:
        """``(n, components)``, the component with the largest variance first."""
        found: NDArray[np.float64] = (rows.astype(np.float64) - self._middle) @ self._matrix
        return found.astype(np.float32)
