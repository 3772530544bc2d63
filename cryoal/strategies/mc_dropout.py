"""Ask where the teacher is unsure on average over dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.dropped_heads import dropped_logits, entropy, log_softmax
from cryoal.strategies.key_order import KeyOrdered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["MCDropout"]


class MCDropout(KeyOrdered):
    """Entropy of the mean of 25 posteriors under dropout, nats (Gal et al., 2017).

    Notes
    -----
    ResNet-18 has no dropout, so it is stated where it is: one, p = 0.5, before the last layer,
    in learning and in scoring. Public codes differ by mistake: TorchAL's ResNet has none at all, so
    that its passes are equal, and it leaves ``BatchNorm3d`` in train mode; DeepAL puts the whole
    network in train mode and so changes the running statistics. Here the backbone stays in
    evaluation mode. 25 passes as in TorchAL.
    """

    name = "mc-dropout"
    needs = frozenset({"embedding", "head"})
    dropout = 0.5
    passes = 25

    @override
    def rate(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        scores = np.empty(len(evidence))
        for rows, logits in dropped_logits(evidence, self.dropout, self.passes, rng):
            scores[rows] = entropy(np.exp(log_softmax(logits)).mean(axis=1))
        return scores
