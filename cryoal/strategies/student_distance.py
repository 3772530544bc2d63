"""Other ways to tell how far the student is from the teacher (Fig. 5, right)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from cryoal.scoring.distances import disagreement
from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = [
    "FeatureAttention",
    "FeatureL1",
    "FeatureMse",
    "JensenShannon",
    "PosteriorL1",
    "PosteriorMse",
    "StudentTeacherKL",
]

_BOTH = frozenset({"teacher_log_posterior", "student_log_posterior"})


class StudentTeacherKL(Strategy):
    """KL(student || teacher): eq. 3 the other way round."""

    name = "student-teacher-kl"
    needs = _BOTH

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return disagreement(evidence.student_log_posterior, evidence.teacher_log_posterior)


class JensenShannon(Strategy):
    """``(KL(p || m) + KL(q || m)) / 2`` with ``m = (p + q) / 2``, nats, in [0, log 2]."""

    name = "jensen-shannon"
    needs = _BOTH

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return disagreement(*_posteriors(evidence), metric="js")


class PosteriorMse(Strategy):
    """Mean over the classes of ``(p - q)^2``: eq. 4 for a class instead of an image."""

    name = "posterior-mse"
    needs = _BOTH

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return disagreement(*_posteriors(evidence), metric="mse")


class PosteriorL1(Strategy):
    """Mean over the classes of ``|p - q|``."""

    name = "posterior-l1"
    needs = _BOTH

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        p, q = (np.exp(x.astype(np.float64)) for x in _posteriors(evidence))
        return np.asarray(np.abs(p - q).mean(axis=1))


class _Feature(Strategy):
    field: ClassVar[str]

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        values: NDArray[np.floating] = getattr(evidence, self.field)
        return values


class FeatureAttention(_Feature):
    """Eq. 1 of a candidate: how differently the two look at it."""

    name = "feature-attention"
    field = "feature_attention"
    needs = frozenset({"feature_attention"})


class FeatureMse(_Feature):
    """Mean squared difference of the features, summed over the modules."""

    name = "feature-mse"
    field = "feature_mse"
    needs = frozenset({"feature_mse"})


class FeatureL1(_Feature):
    """Mean absolute difference of the features, summed over the modules."""

    name = "feature-l1"
    field = "feature_l1"
    needs = frozenset({"feature_l1"})


def _posteriors(evidence: Evidence) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return evidence.teacher_log_posterior, evidence.student_log_posterior
