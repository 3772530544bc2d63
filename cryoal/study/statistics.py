"""What can be said of strategies that were run on the same seeds: means, areas, paired tests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = [
    "Interval",
    "PenaltyMatrix",
    "area_under",
    "bootstrap_mean",
    "labels_needed",
    "paired_t_test",
    "penalty_matrix",
    "regularised_incomplete_beta",
    "shared_range",
]

N_RESAMPLES = 10_000


@dataclass(frozen=True)
class Interval:
    """A mean over seeds, and where the true mean may lie."""

    mean: float
    low: float | None
    high: float | None
    """Ends of the interval; None for a single seed."""
    n: int
    """Seeds."""

    @property
    def half(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


def bootstrap_mean(values: Iterable[float], *, level: float = 0.95, seed: int = 0) -> Interval:
    """Mean of one value for each seed with its percentile bootstrap interval (Efron, 1979).

    The order of `values` does not matter, and the same values give the same interval always.
    A single value has no interval.

    Raises
    ------
    ValueError
        No value, or one that is not finite.

    Notes
    -----
    With few seeds the interval is too narrow, as every percentile bootstrap is: of 4,000 sets of
    normal values, intervals of level 0.95 held the true mean for 75 % of the sets of 3 values,
    84 % of 5 and 90 % of 10.
    """
    ordered = np.sort(np.fromiter(values, dtype=np.float64))
    if not len(ordered) or not np.isfinite(ordered).all():
        raise ValueError(f"expected finite values to average, found {ordered.tolist()}")
    mean = math.fsum(ordered) / len(ordered)
    if len(ordered) < 2:
        return Interval(mean, None, None, 1)
    means = ordered[_resamples(len(ordered), seed)].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    # the mean of equal values may differ from them in the last digit
    return Interval(mean, min(float(low), mean), max(float(high), mean), len(ordered))


@lru_cache(maxsize=32)
def _resamples(n: int, seed: int) -> NDArray[np.intp]:
    """``(N_RESAMPLES, n)`` places drawn with replacement; the same for every mean of n values."""
    drawn = stream(seed, "bootstrap", n).integers(0, n, (N_RESAMPLES, n), dtype=np.intp)
    drawn.flags.writeable = False
    return drawn


def area_under(curve: Sequence[tuple[float, float]], low: float, high: float) -> float:
    """Area under `curve` between the budgets `low` and `high`, divided by ``high - low``.

    Straight lines between the points (trapezoids), so the area of a curve in [0, 1] is in [0, 1]:
    it is the mean height.

    Parameters
    ----------
    curve : sequence of (budget, value)
        In order of budget.
    low, high : float
        Within the budgets of `curve`, ``low < high``.

    Raises
    ------
    ValueError
        The budgets are not in order, or the curve does not reach from `low` to `high`.

    Examples
    --------
    >>> area_under([(100, 0.4), (200, 0.6), (400, 0.6)], 100, 400)  # (50 + 120) / 300
    0.5666666666666667
    """
    budgets = np.array([x for x, _ in curve], dtype=np.float64)
    values = np.array([y for _, y in curve], dtype=np.float64)
    if not len(budgets) or (np.diff(budgets) < 0).any():
        raise ValueError(f"expected budgets in rising order, found {budgets.tolist()}")
    if not budgets[0] <= low < high <= budgets[-1]:
        found = f"{low:g} to {high:g} of {budgets[0]:g} to {budgets[-1]:g}"
        raise ValueError(f"expected a range within the budgets of the curve, found {found}")
    inside = (budgets > low) & (budgets < high)
    x = np.concatenate([[low], budgets[inside], [high]])
    ends = np.interp([low, high], budgets, values)
    y = np.concatenate([ends[:1], values[inside], ends[1:]])
    return float(np.trapezoid(y, x) / (high - low))


def shared_range(
    curves: Iterable[Sequence[tuple[float, float]]],
) -> tuple[float, float] | None:
    """The budgets that every curve covers, ``(low, high)``; None when they share less than two."""
    ends = [(curve[0][0], curve[-1][0]) for curve in curves if curve]
    if not ends:
        return None
    low, high = max(first for first, _ in ends), min(last for _, last in ends)
    return (low, high) if low < high else None


def labels_needed(curve: Sequence[tuple[float, float]], target: float) -> float | None:
    """The budget at which `curve` first reaches `target`, on straight lines between its points.

    The first budget when the curve begins at or above `target`; None when it never gets there.

    Examples
    --------
    >>> labels_needed([(100, 0.5), (200, 0.75), (300, 0.6)], 0.625)
    150.0
    """
    before: tuple[float, float] | None = None
    for x, y in curve:
        if y >= target:
            if before is None:
                return float(x)
            x0, y0 = before
            return float(x0 + (x - x0) * (target - y0) / (y - y0))
        before = x, y
    return None


def regularised_incomplete_beta(a: float, b: float, x: float) -> float:
    """I_x(a, b) for `a`, `b` > 0 and `x` in [0, 1], by its continued fraction (DLMF 8.17.22).

    Raises
    ------
    ValueError
        An argument is out of range.
    """
    if not (a > 0 and b > 0 and 0 <= x <= 1):
        raise ValueError(f"expected a, b > 0 and 0 <= x <= 1, found {a}, {b} and {x}")
    if x in (0, 1):
        return float(x)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly
        return 1 - regularised_incomplete_beta(b, a, 1 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log1p(-x)) / a
    # Lentz's evaluation of 1 / (1 + d1 / (1 + d2 / (1 + ...)))
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            c, d = 1 + step / c, 1 / (1 + step * d)
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * fraction


def paired_t_test(first: Sequence[float], second: Sequence[float]) -> tuple[float, float] | None:
    """Student's t of the differences ``first - second``, and its two-sided p.

    None when the test is not defined: fewer than two pairs, or every pair a tie. Differences that
    are all the same but not zero give an infinite t and p = 0, the limit.

    Raises
    ------
    ValueError
        The lengths differ.
    """
    if len(first) != len(second):
        raise ValueError(f"expected pairs, found {len(first)} and {len(second)} values")
    n = len(first)
    if n < 2:
        return None
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    mean, spread = float(difference.mean()), float(difference.std(ddof=1))
    rounding = 1e-12 * float(np.abs([first, second]).max())  # 0.7 - 0.6 is not 0.8 - 0.7
    if spread <= rounding:
        return None if abs(mean) <= rounding else (math.copysign(math.inf, mean), 0.0)
    t = mean / (spread / math.sqrt(n))
    df = n - 1
    return t, regularised_incomplete_beta(df / 2, 0.5, df / (df + t * t))


@dataclass(frozen=True)
class PenaltyMatrix:
    """Who beats whom, and at what share of the budgets."""

    names: tuple[str, ...]
    wins: tuple[tuple[float | None, ...], ...]
    """Row beats column at this share of the budgets; None on the diagonal, and where no budget has
    two seeds that both were run on."""
    n_budgets: int
    alpha: float

    def beats(self, place: int) -> float | None:
        """Mean of a row: how often it beats the others."""
        return _mean_of(self.wins[place])

    def beaten(self, place: int) -> float | None:
        """Mean of a column: how often the others beat it; the lower, the better."""
        return _mean_of([row[place] for row in self.wins])


def _mean_of(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return math.fsum(there) / len(there) if there else None


def penalty_matrix(
    results: Mapping[str, Mapping[int, Mapping[int, float]]], *, alpha: float = 0.05
) -> PenaltyMatrix:
    """The pairwise penalty matrix of (Ash et al., 2020): each win adds 1 / number of budgets.

    A strategy wins over another at a budget when the paired t-test over the seeds that both were
    run on has p < `alpha` and its mean is higher. Ties win nothing, for either side. There is no
    correction for the number of tests: of two equal strategies one "wins" in `alpha` of them.

    Parameters
    ----------
    results : mapping
        ``results[strategy][seed][cycle]`` is the value, higher better.
    """
    names = tuple(results)
    cycles = sorted({c for seeds in results.values() for found in seeds.values() for c in found})

    def wins(first: str, second: str) -> float | None:
        won, tested = 0, False
        for cycle in cycles:
            seeds = [
                seed
                for seed, found in results[first].items()
                if cycle in found and cycle in results[second].get(seed, {})
            ]
            tested |= len(seeds) >= 2
            found = paired_t_test(
                [results[first][seed][cycle] for seed in seeds],
                [results[second][seed][cycle] for seed in seeds],
            )
            won += found is not None and found[0] > 0 and found[1] < alpha
        return won / len(cycles) if tested else None

    matrix = tuple(tuple(None if a == b else wins(a, b) for b in names) for a in names)
    return PenaltyMatrix(names, matrix, len(cycles), alpha)
