"""Ask for what covers the pool best, under a smooth idea of covering."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from cryoal.strategies.key_order import BatchStrategy
from cryoal.strategies.margin import Margin
from cryoal.strategies.points import (
    Points,
    blocks,
    come_closer,
    points,
    squared_distances,
    unit,
)
from cryoal.strategies.ties import largest
from cryoal.strategies.typiclust import features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["MaxHerding", "UHerding", "greedy_coverage"]

CANDIDATES = 32768
REFERENCES = 3072
KERNEL = CANDIDATES * REFERENCES  # numbers that are kept: 384 MiB
FARTHEST = -60.0  # of the exponent: subnormal numbers would take many times as long
SCORED_BY = 1024  # references of the score
ROUNDING = 1e-6  # of the largest first gain: gains that differ by less are equal


class MaxHerding(BatchStrategy):
    """Greedy maximum of the kernel coverage (Bae et al., 2024).

    ``C(L) = mean over x of max over l in L of k(x, l)``, with ``k = exp(-|x - l|^2 / s^2)`` of
    features of unit length and s = 1; each choice raises C most. The score is what one candidate
    would add to the labelled ones. Features are embeddings, or how a box looks before anything is
    learnt.

    Notes
    -----
    All candidates against all would be a matrix of 40 GB for 100,000. So the mean over x is taken
    over at most 3,072 references drawn from the candidates (1,024 for the score), and the choice is
    among at most 32,768 candidates drawn from all; the authors' code draws 35,000. Up to these
    numbers nothing is approximated. The standard error of a mean of 3,072 terms in [0, 1] is 0.009
    at most. Where M is larger than 32,768, there are as many candidates as M and fewer references.
    """

    name = "maxherding"
    needs = frozenset({"embedding", "labelled_embedding"})
    cold_needs: ClassVar[frozenset[str] | None] = frozenset({"appearance", "labelled_appearance"})
    max_candidates = CANDIDATES
    max_references = REFERENCES

    def weight(self, evidence: Evidence) -> NDArray[np.float64]:
        """``(n,)``: how much it matters that a candidate is covered."""
        return np.ones(len(evidence))

    def radius(self, nearest: NDArray[np.float32]) -> float:
        """The s of the kernel.

        Parameters
        ----------
        nearest
            ``(references,)`` squared distance to the nearest labelled box; infinite without one.
        """
        del nearest
        return 1.0

    @override
    def rate(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        rows, known = features(evidence)
        sample = _draw(len(rows), SCORED_BY, rng)
        references = points(unit(rows[sample]))
        nearest = _nearest(references, known)
        radius = self.radius(nearest)
        covered = _closeness(nearest, radius)[:, None]
        weight = self.weight(evidence)[sample] / len(sample)
        gains = np.empty(len(rows))
        for some in blocks(len(rows), len(sample)):
            kernel = _kernel(references, points(unit(rows[some])), radius)
            gains[some] = weight @ np.maximum(kernel - covered, 0.0)
        return gains

    @override
    def choose(
        self,
        scores: NDArray[np.floating],
        evidence: Evidence,
        m: int,
        rng: np.random.Generator,
    ) -> NDArray[np.int64]:
        rows, known = features(evidence)
        candidates = _draw(len(rows), max(m, self.max_candidates), rng)
        n_references = min(self.max_references, max(1, KERNEL // len(candidates)))
        sample = _draw(len(rows), n_references, rng)
        references, among = points(unit(rows[sample])), points(unit(rows[candidates]))
        nearest = _nearest(references, known)
        radius = self.radius(nearest)
        kernel = np.empty((len(sample), len(candidates)), dtype=np.float32)
        for some in blocks(*kernel.shape):
            kernel[some] = _kernel(references.take(some), among, radius)
        covered = _closeness(nearest, radius)
        weight = self.weight(evidence)[sample]
        return candidates[greedy_coverage(kernel, covered, weight, m, rng)]


class UHerding(MaxHerding):
    """Greedy maximum of the coverage of what the classifier doubts (Bae et al., 2025).

    :class:`MaxHerding` in which each x counts by its uncertainty, one minus the margin of its
    posterior, and s is the median distance of a candidate from the nearest labelled box (1 without
    labels): within s of what is labelled lies half of what may be asked. The more is labelled the
    smaller it is; with few labels the query covers the pool, with many it approaches the margin
    strategy.

    Notes
    -----
    **A departure.** The authors take the smallest distance between two labelled boxes. Picks of
    particles overlap, and two labelled boxes of one place, or one pair of look-alikes, make that
    next to nothing: a box then covers itself alone, and the query comes near to margin's. A median
    does not hang on one pair.

    The authors calibrate the posterior by a temperature before; that is the campaign's to do, as
    for every strategy, and the posterior is taken as it comes.
    """

    name = "uherding"
    needs = MaxHerding.needs | Margin.needs
    dense_needs = MaxHerding.needs | Margin.dense_needs
    cold_needs = None

    @override
    def weight(self, evidence: Evidence) -> NDArray[np.float64]:
        margin = Margin().score(evidence, np.random.default_rng(0))  # which draws nothing
        return np.asarray(1.0 + margin, dtype=np.float64)

    @override
    def radius(self, nearest: NDArray[np.float32]) -> float:
        apart = nearest[(nearest > 0) & (nearest < np.inf)]  # copies of labelled ones are covered
        return float(np.sqrt(np.median(apart))) if len(apart) else 1.0


def greedy_coverage(
    kernel: NDArray[np.float32],
    covered: NDArray[np.float32],
    weight: NDArray[np.float64],
    m: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """`m` columns, each with the largest gain in weighted coverage after those before it.

    Among equal gains `rng` draws.

    Parameters
    ----------
    kernel
        ``(references, candidates)``, in [0, 1].
    covered
        ``(references,)``: how well each is covered already.
    weight
        ``(references,)``: how much each counts.

    Notes
    -----
    A choice changes the gains only by the references that it covers better than all before, on
    average 1/t of them at choice t. Only their rows are read: log(m) passes in all instead of m.
    """
    covered = covered.copy()
    gains = np.zeros(kernel.shape[1])
    for rows in blocks(*kernel.shape):
        gains += weight[rows] @ np.maximum(kernel[rows] - covered[rows, None], 0.0)
    rounding = ROUNDING * float(gains.max(initial=0.0))
    chosen = np.empty(m, dtype=np.int64)
    for turn in range(m):
        best = largest(gains, rng, rounding=rounding)
        chosen[turn] = best
        closer = kernel[:, best]
        better = np.flatnonzero(closer > covered)
        for some in blocks(len(better), kernel.shape[1]):
            part = better[some]
            old, new = covered[part, None], closer[part, None]
            gains -= weight[part] @ (np.clip(kernel[part], old, new) - old)
        covered[better] = closer[better]
        gains[chosen[: turn + 1]] = -np.inf  # nobody twice
    return chosen


def _draw(n: int, k: int, rng: np.random.Generator) -> NDArray[np.int64]:
    if n <= k:
        return np.arange(n)
    return np.sort(rng.choice(n, k, replace=False))


def _kernel(a: Points, b: Points, radius: float) -> NDArray[np.float32]:
    exponent = squared_distances(a, b)
    exponent *= -1.0 / radius**2
    np.maximum(exponent, FARTHEST, out=exponent)
    return np.asarray(np.exp(exponent, out=exponent))


def _nearest(references: Points, known: NDArray[np.float32]) -> NDArray[np.float32]:
    nearest = np.full(len(references.norms), np.inf, dtype=np.float32)
    come_closer(nearest, references, points(unit(known)))
    return nearest


def _closeness(nearest: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    return np.asarray(np.exp(-nearest / radius**2), dtype=np.float32)
