"""Draw rows that are far from each other: the seeding of k-means++."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from cryoal.strategies.points import Points, blocks, squared_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Euclidean", "Space", "plus_plus"]

PENDING = 128


class Space(Protocol):
    """Rows that have distances."""

    def __len__(self) -> int: ...

    def squared(
        self, rows: NDArray[np.int64] | slice, others: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Squared distances ``(rows, others)``."""
        ...


class Euclidean:
    """The space of some points."""

    def __init__(self, here: Points) -> None:
        self._here = here

    def __len__(self) -> int:
        return len(self._here.norms)

    def squared(
        self, rows: NDArray[np.int64] | slice, others: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Squared distances ``(rows, others)``."""
        return squared_distances(self._here.take(rows), self._here.take(others))


def plus_plus(space: Space, k: int, rng: np.random.Generator, first: int) -> NDArray[np.int64]:
    """`k` rows, none twice: `first`, then each drawn in proportion to D^2 (Arthur, 2007).

    D is the distance to the nearest row drawn before. When all that are left have D = 0, they
    follow in an order that is drawn.

    Notes
    -----
    Updating D of every row after every draw reads all rows k times. Here D is brought up to date
    after 128 draws, by one product of matrices; in between, a row is proposed by the old D^2, which
    is never too small, and accepted with probability new D^2 / old D^2. That is rejection sampling:
    the distribution is the same.
    """
    n = len(space)
    chosen, pending = [first], [first]
    taken = np.zeros(n, dtype=bool)
    taken[first] = True
    bound = np.full(n, np.inf, dtype=np.float32)
    while len(chosen) < k:
        if pending:
            centers = np.array(pending)
            for rows in blocks(n, len(centers)):
                found = space.squared(rows, centers).min(axis=1)
                np.minimum(bound[rows], found, out=bound[rows])
            bound[taken] = 0.0
            pending = []
        mass = np.cumsum(bound, dtype=np.float64)
        if not mass[-1] > 0:
            rest = rng.permutation(np.flatnonzero(~taken))[: k - len(chosen)]
            return np.concatenate([np.array(chosen, dtype=np.int64), rest])
        rejected = 0
        while len(chosen) < k and len(pending) < PENDING and rejected < PENDING:
            row = min(int(np.searchsorted(mass, rng.random() * mass[-1], side="right")), n - 1)
            if taken[row] or not _accept(space, row, pending, float(bound[row]), rng):
                rejected += 1
                continue
            taken[row] = True
            chosen.append(row)
            pending.append(row)
    return np.array(chosen, dtype=np.int64)


def _accept(
    space: Space, row: int, pending: list[int], bound: float, rng: np.random.Generator
) -> bool:
    if not pending:
        return True
    found = float(space.squared(np.array([row]), np.array(pending)).min())
    return rng.random() * bound < found
