"""Linear discriminant analysis with one covariance for all classes, shrunken in three ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.heads.base import NEVER, FittedHead, Head
from cryoal.heads.linear import Linear, one_class

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Discriminant", "ledoit_wolf", "variance_within"]

PRIOR_RESIDUALS = 2.0
"""The variance over the pool counts as much as this many residuals of labelled rows."""
FIXED = (0.6, 1.0)
LEAST = 1e-3


class Discriminant(Head):
    """LDA whose covariance is that of all residuals together, shrunken to its diagonal.

    With R the ``(n, p)`` residuals of rows from the mean of their class, k classes that have a
    label, and t the mean over the features of their variance, the variance of feature j within
    classes is

        v_j = (sum_i R_ij^2 + 2 t) / (n - k + 2),

    so that classes of one row, which have no residual, do no harm. With S the covariance of
    R / sqrt(v) and m its mean variance, logits are those of normal distributions of covariance
    ``(1 - a) S + a m I``, with a by Ledoit and Wolf (2004) and with two fixed ones: theirs comes
    nearest to the true covariance, which is not what classifies best, and with tens of labels
    0.6 often does. All classes are taken as equally frequent: labels come from queries,
    which are biased. A row of weight w counts as w rows in means and variances.

    Notes
    -----
    scikit-learn shrinks the covariance of each class apart and divides by the size of the class,
    so a class of two rows has half of its variance and a class of one none.
    """

    name = "discriminant"
    settings = ("ledoit-wolf", *(f"{a:g}" for a in FIXED))

    @override
    def fit(
        self,
        rows: NDArray[np.float32],
        classes: NDArray[np.int64],
        n_classes: int,
        weights: NDArray[np.float64] | None = None,
    ) -> list[FittedHead]:
        present, place, number = np.unique(classes, return_inverse=True, return_counts=True)
        if len(present) < 2:
            return [one_class(present, n_classes, rows.shape[1]) for _ in self.settings]
        wide = rows.astype(np.float64)
        count = number if weights is None else np.bincount(place, weights)
        means = np.zeros((len(present), wide.shape[1]))
        np.add.at(means, place, wide if weights is None else weights[:, None] * wide)
        means /= count[:, None]
        residuals = wide - means[place]
        middle = means.mean(axis=0)
        freedom = float(count.sum()) - len(present)
        if weights is not None:
            residuals *= np.sqrt(weights)[:, None]  # so that their squares count by weight
            freedom = max(freedom, 0.0)
        scale = 1.0 / np.sqrt(variance_within(residuals, means - middle, freedom))
        residuals *= scale
        from_middle = (means - middle) * scale
        fitted: list[FittedHead] = []
        shrinkages = (ledoit_wolf(residuals, freedom), *FIXED)
        for solved in _solve(from_middle, residuals, freedom, shrinkages):
            weight = np.zeros((n_classes, wide.shape[1]))
            bias = np.full(n_classes, NEVER)
            weight[present] = solved * scale
            bias[present] = -0.5 * (from_middle * solved).sum(axis=1) - weight[present] @ middle
            fitted.append(Linear(weight, bias))
        return fitted


def ledoit_wolf(residuals: NDArray[np.float64], freedom: float) -> float:
    """Ledoit and Wolf's intensity for centred ``(n, p)`` rows, in [0.001, 1]; 1 for nothing."""
    n, p = residuals.shape
    if freedom < 1:
        return 1.0
    small = residuals @ residuals.T if n < p else residuals.T @ residuals
    mean = float(np.trace(small)) / n / p
    squared = float(np.square(small).sum()) / n**2  # |S|^2, the same from either product
    fourth = float(np.square(np.square(residuals).sum(axis=1)).sum()) / n
    distance = squared - p * mean**2
    if distance <= 0.0:
        return 1.0
    return float(np.clip((fourth - squared) / n / distance, LEAST, 1.0))


def variance_within(
    residuals: NDArray[np.float64], from_middle: NDArray[np.float64], freedom: float
) -> NDArray[np.float64]:
    """The variance of each feature within classes, positive: the v of :class:`Discriminant`."""
    within = np.square(residuals).sum(axis=0)
    typical = float(within.mean()) / freedom if freedom else float(np.square(from_middle).mean())
    typical = max(typical, 1e-12)
    return np.asarray((within + PRIOR_RESIDUALS * typical) / (freedom + PRIOR_RESIDUALS))


def _solve(
    right: NDArray[np.float64],
    residuals: NDArray[np.float64],
    freedom: float,
    shrinkages: tuple[float, ...],
) -> list[NDArray[np.float64]]:
    """`right`, ``(k, p)``, times the inverse of each shrunken covariance of `residuals`."""
    n, p = residuals.shape
    divisor = max(freedom, 1)
    mean = max(float(np.square(residuals).sum()) / divisor / p, LEAST) if freedom else 1.0
    wide = n < p  # then by Woodbury: nothing of p x p
    small = residuals @ residuals.T if wide else residuals.T @ residuals
    side = right @ residuals.T if wide else right
    out: list[NDArray[np.float64]] = []
    for a in shrinkages:
        ridge, share = a * mean, (1.0 - a) / divisor
        inner = share * small
        inner[np.diag_indices(len(inner))] += ridge
        solved = np.asarray(np.linalg.solve(inner, side.T).T, dtype=np.float64)
        out.append((right - share * (solved @ residuals)) / ridge if wide else solved)
    return out
