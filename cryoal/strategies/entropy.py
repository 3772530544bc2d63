"""Ask where the classifier is least sure: entropy of the posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["Entropy"]


class Entropy(Strategy):
    """Entropy of the posterior, nats, in [0, log(classes)] (Shannon, 1948).

    Of a segmentation the mean over the pixels.
    """

    name = "entropy"
    needs = frozenset({"log_posterior"})
    dense_needs = frozenset({"dense_entropy"})

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        if "dense_entropy" in evidence:
            return evidence.dense_entropy
        log_p = evidence.log_posterior.astype(np.float64)
        terms = np.exp(log_p) * np.maximum(log_p, -1e300)  # 0 log 0 = 0
        return np.asarray(-terms.sum(axis=1))
