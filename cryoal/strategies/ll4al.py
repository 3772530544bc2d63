"""Ask where a module beside the teacher expects a high loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["LL4AL"]


class LL4AL(Strategy):
    """The predicted loss, highest first: learning loss (Yoo and Kweon, 2019).

    Notes
    -----
    The module learns to rank losses, so the score has no unit. The public code (by others) scores a
    random subset of 10,000; here the subset is the campaign's, the same for every strategy.
    """

    name = "ll4al"
    needs = frozenset({"predicted_loss"})

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return evidence.predicted_loss
