"""Draw the query with a chance that grows with the score, instead of taking the top."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.entropy import Entropy
from cryoal.strategies.key_order import KeyOrdered
from cryoal.strategies.least_confidence import LeastConfidence
from cryoal.strategies.margin import Margin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["Power", "PowerEntropy", "PowerLeastConfidence", "PowerMargin"]

SMALLEST = float(np.finfo(np.float64).tiny)  # stands for a score of zero, whose log is -infinity


class Power(KeyOrdered):
    """``log s + g``, g from Gumbel(0, 1 / beta), for an uncertainty s that is >= 0.

    The top M of it are a draw without replacement in proportion to ``s ** beta``: near copies,
    which all have high scores, no longer fill a query together. This is "power" of stochastic
    batch acquisition (Kirsch et al., 2023), with their beta = 1. The noise goes with the key of a
    candidate.
    """

    beta = 1.0

    @abstractmethod
    def uncertainty(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        """``(n,)``, never negative."""

    @override
    def rate(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        noise = rng.gumbel(0.0, 1.0 / self.beta, size=len(evidence))
        scores = self.uncertainty(evidence, rng).astype(np.float64)
        return np.asarray(np.log(np.maximum(scores, SMALLEST)) + noise)


class PowerEntropy(Power):
    """Power noise on the entropy of the posterior."""

    name = "power-entropy"
    needs = Entropy.needs
    dense_needs = Entropy.dense_needs

    @override
    def uncertainty(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return Entropy().score(evidence, rng)


class PowerMargin(Power):
    """Power noise on one minus the margin between the two most probable classes."""

    name = "power-margin"
    needs = Margin.needs
    dense_needs = Margin.dense_needs

    @override
    def uncertainty(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return np.asarray(1.0 + Margin().score(evidence, rng))


class PowerLeastConfidence(Power):
    """Power noise on one minus the largest probability."""

    name = "power-least-confidence"
    needs = LeastConfidence.needs
    dense_needs = LeastConfidence.dense_needs

    @override
    def uncertainty(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return LeastConfidence().score(evidence, rng)
