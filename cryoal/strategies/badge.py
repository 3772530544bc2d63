"""Ask where labels would move the last layer far, and in different directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.key_order import BatchStrategy
from cryoal.strategies.points import ROUNDING, blocks
from cryoal.strategies.seeding import plus_plus
from cryoal.strategies.ties import largest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["BADGE", "Gradients"]


class BADGE(BatchStrategy):
    """k-means++ among gradients of the last layer (Ash et al., 2020).

    With the likeliest class y taken for the label, the gradient of the cross entropy on the last
    layer's weights is ``g = (p - y) e^T`` for the embedding e. Its norm is the score; the query
    begins with the largest and goes on in proportion to D^2.

    Notes
    -----
    g has classes x features numbers and is never made: ``<g, h> = <p - y, q - z> <e, f>``, so
    memory is n (classes + features). scikit-activeml and dal-toolbox make it: 10 GB for 100,000
    candidates, 512 features and 50 classes in float32.
    """

    name = "badge"
    needs = frozenset({"log_posterior", "embedding"})

    @override
    def rate(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return np.sqrt(Gradients(evidence).norms)

    @override
    def choose(
        self,
        scores: NDArray[np.floating],
        evidence: Evidence,
        m: int,
        rng: np.random.Generator,
    ) -> NDArray[np.int64]:
        return plus_plus(Gradients(evidence), m, rng, largest(scores, rng))


class Gradients:
    """The space of the gradients ``(p - y) e^T``, factorised."""

    def __init__(self, evidence: Evidence) -> None:
        self._e = np.ascontiguousarray(evidence.embedding, dtype=np.float32)
        # below exp(-40) products would be subnormal numbers, which take many times as long
        log_p = evidence.log_posterior
        p = np.exp(np.where(log_p > -40.0, log_p, -np.inf), dtype=np.float32)
        p[np.arange(len(p)), p.argmax(axis=1)] -= 1.0
        self._residual = p
        self.norms: NDArray[np.float32] = np.empty(len(p), dtype=np.float32)
        """``(n,)``: squared norms."""
        for rows in blocks(len(p), self._e.shape[1]):
            e = self._e[rows]
            self.norms[rows] = np.square(p[rows]).sum(axis=1) * np.einsum("ij,ij->i", e, e)

    def __len__(self) -> int:
        return len(self.norms)

    def squared(
        self, rows: NDArray[np.int64] | slice, others: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Squared distances ``(rows, others)``."""
        found = self._residual[rows] @ (-2.0 * self._residual[others]).T
        found *= self._e[rows] @ self._e[others].T
        found += self.norms[rows][:, None]
        found += self.norms[others]
        found *= found >= (2.0 * ROUNDING) * self.norms[rows][:, None]  # copies are at zero
        return np.asarray(found, dtype=np.float32)
