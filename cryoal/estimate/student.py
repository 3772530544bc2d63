"""The mean of a few values and where the true mean may lie, by Student's t."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Interval", "mean_interval", "student_quantile", "two_sided_p"]


@dataclass(frozen=True)
class Interval:
    """A mean of a few values, such as one for each seed, and where the true mean may lie."""

    mean: float
    low: float | None
    high: float | None
    """Ends of the interval; None for a single value."""
    n: int
    """Values."""

    @property
    def half(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


def mean_interval(values: Iterable[float], *, level: float = 0.95) -> Interval:
    """Mean of `values` with its interval by Student's t (Student, 1908).

    Of normal values it holds the true mean in a share `level` of the cases, however few they are.
    The order of `values` does not matter. A single value has no interval.

    Raises
    ------
    ValueError
        No value, or one that is not finite.

    Examples
    --------
    >>> mean_interval([0.5, 0.6, 0.7]).half  # 4.303 * 0.1 / sqrt(3)
    0.2484137711719546
    """
    ordered = np.sort(np.fromiter(values, dtype=np.float64))
    n = len(ordered)
    if not n or not np.isfinite(ordered).all():
        raise ValueError(f"expected finite values to average, found {ordered.tolist()}")
    mean = math.fsum(ordered) / n
    if n < 2:
        return Interval(mean, None, None, 1)
    spread = math.sqrt(math.fsum(np.square(ordered - mean)) / (n - 1))
    half = student_quantile((1 + level) / 2, n - 1) * spread / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def student_quantile(probability: float, df: float) -> float:
    """The value that Student's t of `df` degrees of freedom stays below with `probability`.

    Raises
    ------
    ValueError
        An argument is out of range.

    Examples
    --------
    >>> round(student_quantile(0.975, 2), 3)
    4.303
    """
    if not (0 < probability < 1 and df > 0):
        raise ValueError(
            f"expected a probability in (0, 1) and degrees of freedom > 0,"
            f" found {probability} and {df}"
        )
    from scipy.special import stdtrit  # here: importing it takes longer than `status` may

    return float(stdtrit(df, probability))


def two_sided_p(t: float, df: float) -> float:
    """How often Student's t of `df` degrees of freedom is as far from 0 as `t`, or farther."""
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(t)))
