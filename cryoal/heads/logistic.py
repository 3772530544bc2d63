"""Multinomial logistic regression with a quadratic penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.heads.base import NEVER, FittedHead, Head
from cryoal.heads.linear import Linear, one_class

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Logistic"]

INVERSE_PENALTIES = (3.0, 30.0)


class Logistic(Head):
    """Maximum likelihood with the penalty ``|W|^2 / (2 C)``; classes weigh equally."""

    name = "logistic"
    settings = tuple(f"C={c:g}" for c in INVERSE_PENALTIES)

    @override
    def fit(
        self,
        rows: NDArray[np.float32],
        classes: NDArray[np.int64],
        n_classes: int,
        weights: NDArray[np.float64] | None = None,
    ) -> list[FittedHead]:
        present = np.unique(classes)
        if len(present) < 2:
            return [one_class(present, n_classes, rows.shape[1]) for _ in self.settings]
        from sklearn.linear_model import LogisticRegression

        wide = rows.astype(np.float64)
        basis = _span(wide)
        seen = wide if basis is None else wide @ basis.T
        fitted: list[FittedHead] = []
        for c in INVERSE_PENALTIES:
            model = LogisticRegression(C=c, class_weight="balanced", max_iter=1000, tol=1e-3)
            model.fit(seen, classes, sample_weight=weights)
            learned, offset = model.coef_, model.intercept_
            if basis is not None:
                learned = learned @ basis
            if len(present) == 2:  # one row of weights, for the second class
                learned, offset = np.vstack([-learned, learned]) / 2, np.array([-1, 1]) * offset / 2
            weight = np.zeros((n_classes, rows.shape[1]))
            bias = np.full(n_classes, NEVER)
            weight[present], bias[present] = learned, offset
            fitted.append(Linear(weight, bias))
        return fitted


def _span(rows: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """An orthonormal basis, ``(n, features)``, of what `rows` span, where that has fewer numbers.

    A quadratic penalty leaves no weight outside of the span, so nothing changes but the time.
    """
    n, p = rows.shape
    return np.linalg.qr(rows.T)[0].T if n < p else None
