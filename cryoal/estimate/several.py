"""Several questions asked of the same data: p values and levels that hold for all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["each_level", "holm"]


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values, corrected for their number (Holm, 1979), in the same order.

    Where nothing differs, one of them is below alpha in at most a share alpha of all studies,
    however the tests depend on each other.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])  # 3 * 0.01, then 2 * 0.03, which 0.04 cannot be below
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"expected p values in [0, 1], found {p.tolist()}")
    order = np.argsort(p, kind="stable")
    raised = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    corrected = np.empty_like(p)
    corrected[order] = raised
    return [float(value) for value in corrected]


def each_level(level: float, n: int) -> float:
    """The level of each of `n` intervals that all hold at once with `level` (Bonferroni).

    Examples
    --------
    >>> round(each_level(0.95, 5), 6)
    0.99
    """
    return 1 - (1 - level) / max(n, 1)
