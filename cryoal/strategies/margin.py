"""Ask where the classifier wavers between two classes: the smallest margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["Margin"]


class Margin(Strategy):
    """Second largest minus largest probability, in [-1, 0] (Scheffer et al., 2001).

    Of a segmentation the mean over the pixels.
    """

    name = "margin"
    needs = frozenset({"log_posterior"})
    dense_needs = frozenset({"dense_margin"})

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        if "dense_margin" in evidence:
            return np.asarray(-evidence.dense_margin)
        p = np.sort(np.exp(evidence.log_posterior.astype(np.float64)), axis=1)
        return np.asarray(p[:, -2] - p[:, -1])
