"""Ask what is farthest from everything labelled: cover the embedding with balls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.key_order import BatchStrategy
from cryoal.strategies.points import ROUNDING, Points, come_closer, points, squared_distances
from cryoal.strategies.ties import largest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["CoreSet", "greedy_k_center"]

FRONT = 256


class CoreSet(BatchStrategy):
    """Greedy k-center (Sener and Savarese, 2018): again and again the farthest candidate.

    The score is the distance to the nearest labelled box, in units of the embedding; the query
    takes the farthest one, counts it as labelled, and so on. The radius of such a cover is at most
    twice the smallest possible. With nothing labelled the score is the distance to the mean, and
    the query begins there.

    Notes
    -----
    The authors' refinement, a mixed-integer program that leaves outliers out, is not included:
    their code counts any outlier as a failure, so that it solves the plain problem, and it needs
    Gurobi. No n x n matrix is made, unlike in DeepAL.
    """

    name = "core-set"
    needs = frozenset({"embedding", "labelled_embedding"})

    @override
    def rate(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        here, labelled, mean = _centred(evidence)
        if len(labelled.norms) == 0:
            labelled = points(mean[None] - mean)
        nearest = np.full(len(evidence), np.inf, dtype=np.float32)
        come_closer(nearest, here, labelled)
        return np.sqrt(nearest)

    @override
    def choose(
        self,
        scores: NDArray[np.floating],
        evidence: Evidence,
        m: int,
        rng: np.random.Generator,
    ) -> NDArray[np.int64]:
        here, labelled, _ = _centred(evidence)
        if len(labelled.norms):
            return greedy_k_center(here, np.square(scores).astype(np.float32), m, rng)
        first = np.array([largest(scores, rng, rounding=ROUNDING * float(scores.max()))])
        nearest = np.full(len(scores), np.inf, dtype=np.float32)
        come_closer(nearest, here, here.take(first))
        nearest[first] = -1.0
        return np.concatenate([first, greedy_k_center(here, nearest, m - 1, rng)])


def _centred(evidence: Evidence) -> tuple[Points, Points, NDArray[np.float32]]:
    # distances of centred rows round less
    mean = evidence.embedding.mean(axis=0, dtype=np.float64).astype(np.float32)
    return points(evidence.embedding - mean), points(evidence.labelled_embedding - mean), mean


def greedy_k_center(
    here: Points,
    nearest: NDArray[np.float32],
    m: int,
    rng: np.random.Generator,
    *,
    front: int = FRONT,
) -> NDArray[np.int64]:
    """`m` rows, each the farthest from all centers and all rows before it, drawn among equals.

    Parameters
    ----------
    here
        The rows.
    nearest
        ``(n,)`` squared distance to the nearest center; negative: not to be chosen.
    m
        How many.
    rng
        Draws among rows that are equally far.
    front
        How many of the farthest rows are looked at together.

    Notes
    -----
    The choice is exact, but not every row is measured against every choice: distances only fall, so
    while the farthest of the rows in front is farther than all others were, it is the farthest of
    all. Only when it no longer is, everything is brought up to date, by one product of matrices.
    """
    nearest = np.where(nearest < 0, np.float32(-np.inf), nearest)
    chosen: list[int] = []
    while len(chosen) < m:
        if not nearest.max() > 0:  # copies of what is there already
            rest = rng.permutation(np.flatnonzero(nearest == 0))[: m - len(chosen)]
            chosen += rest.tolist()
            break
        first = _farthest(nearest, here.norms, rng)
        rows, limit = _front(nearest, min(front, len(nearest)), first)
        ahead = here.take(rows)
        distances = squared_distances(ahead, ahead)
        exact = nearest[rows]
        new: list[int] = []
        while len(chosen) + len(new) < m:
            if new and not exact.max() > limit:
                break
            best = _farthest(exact, ahead.norms, rng) if new else int(rows.searchsorted(first))
            new.append(int(rows[best]))
            exact = np.minimum(exact, distances[best])
            exact[best] = -np.inf
        chosen += new
        come_closer(nearest, here, here.take(np.array(new)))
        nearest[chosen] = -np.inf
    return np.array(chosen, dtype=np.int64)


def _farthest(
    nearest: NDArray[np.float32], norms: NDArray[np.float32], rng: np.random.Generator
) -> int:
    """The row of the largest distance; what differs from it by rounding is equally far."""
    return largest(nearest, rng, rounding=float(ROUNDING * norms[nearest.argmax()]))


def _front(nearest: NDArray[np.float32], size: int, first: int) -> tuple[NDArray[np.int64], float]:
    """Rows of the largest distances with the very first of the largest, and the limit behind."""
    if size == len(nearest):
        return np.arange(size), 0.0
    parted = np.argpartition(nearest, len(nearest) - size)
    rows = np.union1d(parted[len(nearest) - size :], [first])
    return rows, float(nearest[parted[: len(nearest) - size]].max())
