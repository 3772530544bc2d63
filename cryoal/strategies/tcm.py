"""Ask for typical candidates first, and for doubtful ones once the classifier knows the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from cryoal.strategies.base import Strategy
from cryoal.strategies.margin import Margin
from cryoal.strategies.typiclust import TypiClust

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["TCM"]


class TCM(Strategy):
    """TypiClust, then margin (Doucet et al., 2024).

    The switch: TypiClust while nothing is learnt or fewer than :attr:`per_class` boxes a class are
    labelled (on average: labelled < per_class x classes), margin from then on.

    Notes
    -----
    Doucet et al. find that the switch should come early and that its exact place matters little,
    and fix it by the total budget. A campaign need not know its total budget, so here it is the
    number of labels; 10 a class is our choice.
    """

    name = "tcm"
    needs = TypiClust.needs | Margin.needs
    cold_needs = TypiClust.cold_needs
    per_class = 10

    def _now(self, evidence: Evidence) -> Strategy:
        if "log_posterior" not in evidence:
            return TypiClust()
        classes = evidence.log_posterior.shape[1]
        is_early = len(evidence.labelled_embedding) < self.per_class * classes
        return TypiClust() if is_early else Margin()

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return self._now(evidence).score(evidence, rng)

    @override
    def select(
        self,
        scores: NDArray[np.floating],
        evidence: Evidence,
        m: int,
        rng: np.random.Generator,
    ) -> list[str]:
        return self._now(evidence).select(scores, evidence, m, rng)
