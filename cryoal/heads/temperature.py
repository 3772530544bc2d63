"""How sure a posterior may be: one temperature, from rows that were held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.heads.base import log_softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fit_temperature"]

_GRID = np.exp(np.linspace(np.log(0.25), np.log(20.0), 45))


def fit_temperature(
    logits: NDArray[np.floating], classes: NDArray[np.int64], *, known: NDArray[np.bool_]
) -> float:
    """The T in [0.25, 20] at which ``softmax(logits / T)`` gives `classes` the highest likelihood.

    Two made-up rows, one right and one wrong by the mean margin, keep T from what a few rows that
    happen to be all right would make it.

    Parameters
    ----------
    logits
        ``(n, n_classes)`` of rows that were held out.
    classes
        ``(n,)``.
    known
        ``(n,)``: whether the row's class was among those learned from; others say nothing of T.
    """
    if not known.any():
        return 1.0
    some, right = logits[known].astype(np.float64), classes[known]
    at = np.arange(len(some))
    top = np.sort(some, axis=1)
    margin = float((top[:, -1] - top[:, -2]).mean()) if some.shape[1] > 1 else 0.0
    cost = []
    for t in _GRID:
        told = -log_softmax(some / t)[at, right].sum()
        cost.append(told + np.logaddexp(0, -margin / t) + np.logaddexp(0, margin / t))
    return float(_GRID[int(np.argmin(cost))])
