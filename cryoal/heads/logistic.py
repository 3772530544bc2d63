"""Multinomial logistic regression with a quadratic penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.heads.base import NEVER, Head
from cryoal.heads.discriminant import Linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Logistic"]

INVERSE_PENALTY = 30.0


class Logistic(Head):
    """Maximum likelihood with the penalty ``|W|^2 / 60``; classes weigh equally."""

    name = "logistic"

    @override
    def fit(self, rows: NDArray[np.float32], classes: NDArray[np.int64], n_classes: int) -> Linear:
        present = np.unique(classes)
        weight = np.zeros((n_classes, rows.shape[1]))
        bias = np.full(n_classes, NEVER)
        bias[present] = 0.0
        if len(present) < 2:
            return Linear(weight, bias)
        from sklearn.linear_model import LogisticRegression

        wide = rows.astype(np.float64)
        basis = _span(wide)
        model = LogisticRegression(
            C=INVERSE_PENALTY, class_weight="balanced", max_iter=200, tol=1e-3
        )
        model.fit(wide if basis is None else wide @ basis.T, classes)
        learned, offset = model.coef_, model.intercept_
        if basis is not None:
            learned = learned @ basis
        if len(present) == 2:  # one row of weights for the second class
            learned, offset = np.vstack([-learned, learned]) / 2, np.array([-1, 1]) * offset / 2
        weight[present], bias[present] = learned, offset
        return Linear(weight, bias)


def _span(rows: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """An orthonormal basis, ``(n, features)``, of what `rows` span, where that has fewer numbers.

    A quadratic penalty leaves no weight outside of the span, so nothing changes but the time.
    """
    n, p = rows.shape
    return np.linalg.qr(rows.T)[0].T if n < p else None
