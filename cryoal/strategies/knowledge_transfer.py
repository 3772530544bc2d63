"""Ask where teacher and student disagree: the paper's strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from cryoal.scoring.distances import disagreement
from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["KnowledgeTransfer"]


class KnowledgeTransfer(Strategy):
    """KL(teacher || student) of the posteriors (eq. 3), top M (Sec. III-B).

    Of a segmentation the mean over pixels and classes of their squared difference (eq. 4).
    """

    name = "knowledge-transfer"
    needs = frozenset({"teacher_log_posterior", "student_log_posterior"})
    dense_needs = frozenset({"dense_disagreement"})

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        if "dense_disagreement" in evidence:
            return evidence.dense_disagreement
        return disagreement(evidence.teacher_log_posterior, evidence.student_log_posterior)
