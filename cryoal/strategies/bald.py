"""Ask where dropout changes the answer: mutual information of label and weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.dropped_heads import dropped_logits, entropy, log_softmax
from cryoal.strategies.key_order import KeyOrdered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["BALD"]


class BALD(KeyOrdered):
    """Entropy of the mean posterior minus the mean of the entropies, nats, >= 0.

    (Houlsby et al., 2011; with dropout: Gal et al., 2017.) The passes are those of
    :class:`~cryoal.strategies.mc_dropout.MCDropout`.
    """

    name = "bald"
    needs = frozenset({"embedding", "head"})
    dropout = 0.5
    passes = 25

    @override
    def rate(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        scores = np.empty(len(evidence))
        for rows, logits in dropped_logits(evidence, self.dropout, self.passes, rng):
            p = np.exp(log_softmax(logits))  # (rows, passes, classes)
            scores[rows] = entropy(p.mean(axis=1)) - entropy(p).mean(axis=1)
        return np.maximum(scores, 0.0)  # rounding
