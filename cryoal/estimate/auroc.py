"""How well a score tells two kinds apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["auroc"]


def auroc(of_these: ArrayLike, of_others: ArrayLike) -> tuple[float, float, float]:
    """The chance that one of these has a higher score than one of the others, and its interval.

    Ties count half. The 95 % interval is that of Hanley and McNeil (1982), on the logit scale, so
    that it stays within 0 to 1; with 0 or 1 of either kind it is 0 to 1.

    Examples
    --------
    >>> round(auroc([2, 3, 3], [1, 2, 3])[0], 3)  # of nine pairs five higher, three ties
    0.722
    """
    these, others = np.asarray(of_these, np.float64), np.asarray(of_others, np.float64)
    m, n = len(these), len(others)
    if min(m, n) == 0:
        return math.nan, 0.0, 1.0
    ordered = np.sort(others)
    below = np.searchsorted(ordered, these, side="left")
    ties = np.searchsorted(ordered, these, side="right") - below
    area = float((below + 0.5 * ties).sum()) / (m * n)
    if min(m, n) == 1:
        return area, 0.0, 1.0
    # half a pair away from the ends, where the formula has no spread left
    a = min(max(area, 0.5 / (m * n)), 1 - 0.5 / (m * n))
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    variance = (a * (1 - a) + (m - 1) * (q1 - a * a) + (n - 1) * (q2 - a * a)) / (m * n)
    half = 1.959964 * math.sqrt(max(variance, 0.0)) / (a * (1 - a))
    middle = math.log(a / (1 - a))
    low, high = (1 / (1 + math.exp(-(middle + sign * half))) for sign in (-1, 1))
    return area, min(low, area), max(high, area)
