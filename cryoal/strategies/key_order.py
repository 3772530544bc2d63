"""Strategies that work in the order of the keys, so that the order of candidates cannot matter."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.base import Strategy, by_key, require

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BatchStrategy", "KeyOrdered", "by_key"]


class KeyOrdered(Strategy):
    """A strategy whose :meth:`rate` always sees the candidates in the order of their keys.

    Products of matrices round a row differently in another place, and random numbers are drawn in
    some order: neither may depend on how the candidates came.
    """

    @abstractmethod
    def rate(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        """:meth:`~cryoal.strategies.base.Strategy.score` of candidates in the order of keys."""

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        order = by_key(evidence.keys)
        rated = self.rate(self._arranged(evidence, order), rng)
        scores = np.empty_like(rated)
        scores[order] = rated
        return scores

    def _arranged(self, evidence: Evidence, order: NDArray[np.int64]) -> Evidence:
        if np.array_equal(order, np.arange(len(order))):
            return evidence  # nothing is copied
        keys = [evidence.keys[place] for place in order]
        read = self.needs.union(self.cold_needs or (), self.dense_needs or ())
        values = {name: rows[order] for name, rows in evidence.values.items() if name in read}
        return Evidence(keys, values, evidence.context)


class BatchStrategy(KeyOrdered):
    """A strategy that chooses a varied batch instead of the highest scores."""

    @abstractmethod
    def choose(
        self,
        scores: NDArray[np.floating],
        evidence: Evidence,
        m: int,
        rng: np.random.Generator,
    ) -> NDArray[np.int64]:
        """``(m,)`` row numbers, none twice; `scores` and `evidence` in the order of the keys.

        Between equals `rng` chooses (:mod:`cryoal.strategies.ties`), never the number of a row.
        """

    @override
    def select(
        self,
        scores: NDArray[np.floating],
        evidence: Evidence,
        m: int,
        rng: np.random.Generator,
    ) -> list[str]:
        require(scores, evidence.keys, m)
        if m == 0:
            return []
        order = by_key(evidence.keys)
        rows = self.choose(scores[order], self._arranged(evidence, order), m, rng)
        return [evidence.keys[place] for place in order[rows]]
