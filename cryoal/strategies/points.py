"""Squared Euclidean distances by products of matrices, a block at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Points", "blocks", "come_closer", "points", "squared_distances", "unit"]

BLOCK = 1 << 21  # distances at a time: 8 MB in float32
ROUNDING = 2e-6  # a squared distance below this share of both squared norms together is zero


class Points(NamedTuple):
    """Rows of float32 and their squared norms."""

    rows: NDArray[np.float32]
    """``(n, features)``."""
    norms: NDArray[np.float32]
    """``(n,)``."""

    def take(self, index: NDArray[np.int64] | slice) -> Points:
        """Some of them."""
        return Points(self.rows[index], self.norms[index])


def points(rows: NDArray[np.float32]) -> Points:
    """`rows` with their norms."""
    single = np.ascontiguousarray(rows, dtype=np.float32)
    return Points(single, np.einsum("ij,ij->i", single, single))


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1; rows of zeros stay so."""
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.asarray(rows / np.where(norms > 0, norms, 1.0), dtype=np.float32)


def blocks(n: int, width: int) -> Iterator[slice]:
    """Slices that cut `n` rows so that a block of that width has at most :data:`BLOCK` numbers."""
    step = max(1, BLOCK // max(1, width))
    for begin in range(0, n, step):
        yield slice(begin, min(n, begin + step))


def squared_distances(a: Points, b: Points) -> NDArray[np.float32]:
    """``(len(a), len(b))`` float32: ``|a|^2 + |b|^2 - 2 a.b``.

    What is no more than rounding is zero, so that copies have a distance of zero.
    """
    found = _unchecked(a, b)
    found *= found >= _rounding(a)[:, None]
    return found


def come_closer(nearest: NDArray[np.float32], here: Points, centers: Points) -> None:
    """Lower `nearest`, ``(len(here),)``, to the squared distance of the nearest of `centers`."""
    for some in blocks(len(centers.norms), BLOCK >> 11):  # at most 2,048 centers at a time
        part = centers.take(some)
        for rows in blocks(len(nearest), len(part.norms)):
            among = here.take(rows)
            found = _unchecked(among, part).min(axis=1)
            found *= found >= _rounding(among)
            np.minimum(nearest[rows], found, out=nearest[rows])


def _unchecked(a: Points, b: Points) -> NDArray[np.float32]:
    few = len(a.norms) < len(b.norms)  # these are copied
    found = (-2.0 * a.rows) @ b.rows.T if few else a.rows @ (-2.0 * b.rows).T
    found += a.norms[:, None]
    found += b.norms
    return np.asarray(found, dtype=np.float32)


def _rounding(a: Points) -> NDArray[np.float32]:
    return np.asarray(2.0 * ROUNDING * a.norms, dtype=np.float32)
