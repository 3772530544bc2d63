"""Ask what a discriminator finds most unlabelled, with a state for each unlabelled box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["SRAAL"]


class SRAAL(Strategy):
    """The discriminator's state of a candidate, highest first, in [0, 1].

    State-relabelling adversarial active learning (Zhang et al., 2020): 0 stands for labelled, and
    for an unlabelled box the discriminator learns how unsure the classifier is of it.
    """

    name = "sraal"
    needs = frozenset({"sraal_unlabelled"})

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return evidence.sraal_unlabelled
