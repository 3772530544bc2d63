"""Ask equally many candidates of each class that the classifier sees, however rare."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from cryoal.strategies.base import Strategy, make_strategy, require, top
from cryoal.strategies.ties import falling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = [
    "ClassStratified",
    "StratifiedKnowledgeTransfer",
    "StratifiedMargin",
    "StratifiedPowerEntropy",
    "quotas",
]


class ClassStratified(Strategy):
    """The highest scores of each predicted class, in equal shares.

    In a pool where one class is everywhere, the top of any score is mostly of that class. Here M is
    shared equally among the classes that are predicted for at least one candidate; a class with
    fewer candidates gives all, and the others take what is left, the rarer first. With M below the
    number of classes the rarest are asked. (The stratification of ClaSP-PE, 2026, for
    whole boxes; its schedule of the noise is not included.)
    """

    scored_by: ClassVar[str]
    """Name of the strategy whose scores are used."""

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return make_strategy(self.scored_by).score(evidence, rng)

    @override
    def select(
        self,
        scores: NDArray[np.floating],
        evidence: Evidence,
        m: int,
        rng: np.random.Generator,
    ) -> list[str]:
        require(scores, evidence.keys, m)
        predicted = evidence.log_posterior.argmax(axis=1)
        rows: list[int] = []
        for number, quota in quotas(np.bincount(predicted), m, rng).items():
            here = np.flatnonzero(predicted == number).tolist()
            place = {evidence.keys[row]: row for row in here}
            rows += [place[key] for key in top(scores[here], list(place), quota, rng)]
        return top(scores[rows], [evidence.keys[row] for row in rows], m, rng)


def quotas(sizes: NDArray[np.int64], m: int, rng: np.random.Generator) -> dict[int, int]:
    """How many of each class: `m` in equal shares, at most what there is, the rarer class first.

    Of equally rare classes the first is drawn.

    Examples
    --------
    >>> quotas(np.array([90, 0, 2, 20]), 12, np.random.default_rng(0))
    {2: 2, 3: 5, 0: 5}
    """
    there = np.flatnonzero(sizes)
    present = there[falling(-sizes[there].astype(np.float64), rng)].tolist()
    found: dict[int, int] = {}
    for place, number in enumerate(present):
        share = -(-(m - sum(found.values())) // (len(present) - place))
        found[number] = min(int(sizes[number]), share)
    return found


class StratifiedMargin(ClassStratified):
    """The smallest margins of each predicted class."""

    name = "stratified-margin"
    scored_by = "margin"
    needs = frozenset({"log_posterior"})


class StratifiedPowerEntropy(ClassStratified):
    """Entropy with power noise within each predicted class."""

    name = "stratified-power-entropy"
    scored_by = "power-entropy"
    needs = frozenset({"log_posterior"})


class StratifiedKnowledgeTransfer(ClassStratified):
    """The largest disagreements with the student within each predicted class."""

    name = "stratified-knowledge-transfer"
    scored_by = "knowledge-transfer"
    needs = frozenset({"log_posterior", "teacher_log_posterior", "student_log_posterior"})
