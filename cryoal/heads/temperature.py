"""How sure a posterior may be: one temperature, from rows that were held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.heads.base import log_softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COLDEST", "HOTTEST", "fit_temperature"]

COLDEST, HOTTEST = 0.05, 1000.0


def fit_temperature(logits: NDArray[np.floating], classes: NDArray[np.int64]) -> float:
    """The T at which ``softmax(logits / T)`` gives `classes` the highest likelihood.

    Two made-up rows, one right and one wrong by the mean margin of all, keep a few rows that
    happen to be right from asking for certainty.

    Parameters
    ----------
    logits
        ``(n, n_classes)``, of rows that were held out.
    classes
        ``(n,)``, of classes that were learned from when the row was held out.

    Returns
    -------
    float
        In [0.05, 1000]; 1 without rows or with one class.
    """
    n, k = logits.shape
    if n == 0 or k < 2:
        return 1.0
    wide = logits.astype(np.float64)
    top = np.sort(wide, axis=1)
    margin = float((top[:, -1] - top[:, -2]).mean())
    right = wide[np.arange(n), classes]

    def slope(log_t: float) -> float:
        """How the log-likelihood grows with 1 / T: it falls as 1 / T grows, so it has one root."""
        t = np.exp(log_t)
        p = np.exp(log_softmax(wide / t))
        made_up = margin - 2.0 * margin / (1.0 + np.exp(-margin / t))
        return float((right - (p * wide).sum(axis=1)).sum() + made_up)

    low, high = np.log(COLDEST), np.log(HOTTEST)
    for _ in range(24):
        middle = (low + high) / 2.0
        if slope(middle) > 0.0:  # more certainty is more likely
            high = middle
        else:
            low = middle
    return float(np.exp((low + high) / 2.0))
