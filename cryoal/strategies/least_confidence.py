"""Ask where the classifier's own answer is least probable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["LeastConfidence"]


class LeastConfidence(Strategy):
    """One minus the largest probability, in [0, 1 - 1/classes] (Lewis and Gale, 1994).

    Of a segmentation the mean over the pixels.
    """

    name = "least-confidence"
    needs = frozenset({"log_posterior"})
    dense_needs = frozenset({"dense_confidence"})

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        if "dense_confidence" in evidence:
            return np.maximum(1.0 - evidence.dense_confidence.astype(np.float64), 0.0)
        largest = evidence.log_posterior.max(axis=1).astype(np.float64)
        return np.asarray(np.maximum(-np.expm1(largest), 0.0))
