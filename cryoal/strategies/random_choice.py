"""Ask at random: the first cycle, and the baseline of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["RandomChoice"]


class RandomChoice(Strategy):
    """A uniform draw without replacement; needs no model."""

    name = "random"

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        scores = np.empty(len(evidence))
        by_key = sorted(range(len(evidence)), key=lambda i: evidence.keys[i])
        scores[by_key] = rng.random(len(evidence))  # goes with the key, not with the place
        return scores
