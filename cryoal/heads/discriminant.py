"""Linear discriminant analysis with one shrunken covariance for all classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from typing_extensions import override

from cryoal.heads.base import NEVER, FittedHead, Head

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Discriminant", "Linear", "shrinkage"]

PRIOR_SAMPLES = 4.0
"""The variance over the pool counts as much as this many residuals of labelled rows."""
LEAST_SHRINKAGE = 1e-3


class Linear(FittedHead):
    """``rows @ weight.T + bias``."""

    def __init__(self, weight: NDArray[np.floating], bias: NDArray[np.floating]) -> None:
        self.weight = weight.astype(np.float32)
        """``(n_classes, features)``."""
        self.bias = bias.astype(np.float32)
        """``(n_classes,)``."""

    @override
    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        return rows @ self.weight.T + self.bias


class _Means(NamedTuple):
    present: NDArray[np.int64]
    means: NDArray[np.float64]
    residuals: NDArray[np.float64]


class Discriminant(Head):
    """LDA whose covariance is that of all residuals together, shrunken to its diagonal.

    With R the ``(n, p)`` residuals of rows from the mean of their class, k classes that have a
    label and t_j the variance of feature j over the pool, the variance within classes is

        v_j = (sum_i R_ij^2 + 4 t_j) / (n - k + 4),

    so that classes of one row, which have no residual, lean on the pool; the covariance of
    R / sqrt(v) is shrunken to a multiple of the identity by the intensity of Ledoit and Wolf
    (2004). All classes are taken as equally frequent: labels come from queries, which are biased.

    Notes
    -----
    scikit-learn shrinks the covariance of each class apart and divides by the size of the class,
    so a class of two rows has half of its variance and a class of one none: with tens of labels
    its posteriors are too sure.
    """

    name = "discriminant"

    @override
    def fit(self, rows: NDArray[np.float32], classes: NDArray[np.int64], n_classes: int) -> Linear:
        wide = rows.astype(np.float64)
        n, p = wide.shape
        present, means, residuals = _means(wide, classes, n_classes)
        weight = np.zeros((n_classes, p))
        bias = np.full(n_classes, NEVER)
        bias[present] = 0.0
        if len(present) < 2:
            return Linear(weight, bias)
        freedom = n - len(present)
        pool = 1.0 / p  # rows are standardised over the pool and scaled by 1 / sqrt(p)
        variance = (np.square(residuals).sum(axis=0) + PRIOR_SAMPLES * pool) / (
            freedom + PRIOR_SAMPLES
        )
        scale = 1.0 / np.sqrt(variance)
        middle = means.mean(axis=0)
        solved = _solve((means - middle) * scale, residuals * scale, freedom) * scale
        weight[present] = solved
        bias[present] = -0.5 * ((means - middle) * solved).sum(axis=1) - solved @ middle
        return Linear(weight, bias)


def shrinkage(residuals: NDArray[np.float64], freedom: int) -> float:
    """Ledoit and Wolf's intensity for centred ``(n, p)`` rows, in [0.001, 1]; 1 for nothing."""
    n, p = residuals.shape
    if freedom < 1:
        return 1.0
    small = residuals @ residuals.T if n < p else residuals.T @ residuals
    trace = float(np.trace(small)) / n
    mean = trace / p
    squared = float(np.square(small).sum()) / n**2  # |S|^2, the same from either product
    fourth = float(np.square(np.square(residuals).sum(axis=1)).sum()) / n
    distance = squared - p * mean**2
    if distance <= 0.0:
        return 1.0
    return float(np.clip((fourth - squared) / n / distance, LEAST_SHRINKAGE, 1.0))


def _means(rows: NDArray[np.float64], classes: NDArray[np.int64], n_classes: int) -> _Means:
    present, place, count = np.unique(classes, return_inverse=True, return_counts=True)
    means = np.zeros((len(present), rows.shape[1]))
    np.add.at(means, place, rows)
    means /= count[:, None]
    return _Means(present, means, rows - means[place])


def _solve(
    right: NDArray[np.float64], residuals: NDArray[np.float64], freedom: int
) -> NDArray[np.float64]:
    """`right`, ``(k, p)``, times the inverse of the shrunken covariance of `residuals`."""
    n, p = residuals.shape
    a = shrinkage(residuals, freedom)
    divisor = max(freedom, 1)
    ridge = a * max(float(np.square(residuals).sum()) / divisor / p, 1e-3) + (1e-9 if a < 1 else 0)
    if n < p:  # Woodbury: nothing of p x p
        half = residuals * np.sqrt((1.0 - a) / divisor)
        inner = half @ half.T
        inner[np.diag_indices(n)] += ridge
        return np.asarray((right - np.linalg.solve(inner, half @ right.T).T @ half) / ridge)
    full = residuals.T @ residuals * ((1.0 - a) / divisor)
    full[np.diag_indices(p)] += ridge
    return np.asarray(np.linalg.solve(full, right.T).T)
