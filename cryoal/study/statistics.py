"""What can be said of strategies that were run on the same seeds: means, areas, paired tests."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.estimate.several import holm
from cryoal.estimate.student import two_sided_p

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "PenaltyMatrix",
    "area_under",
    "paired_t_test",
    "penalty_matrix",
    "shared_range",
]


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


def paired_t_test(first: Sequence[float], second: Sequence[float]) -> tuple[float, float] | None:
    """Student's t of the differences ``first - second``, and its two-sided p.

    None when the test is not defined: fewer than two pairs, or every pair a tie. Differences that
    are all the same but not zero give an infinite t. Such are no proof: the accuracies of a small
    test set are a few numbers, and two differences of one box are easily alike. So p is that of
    the sign test there, ``2 ** (1 - n)``.

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
        return None if abs(mean) <= rounding else (math.copysign(math.inf, mean), 2.0 ** (1 - n))
    t = mean / (spread / math.sqrt(n))
    return t, two_sided_p(t, n - 1)


@dataclass(frozen=True)
class PenaltyMatrix:
    """Who beats whom, and at what share of the budgets."""

    names: tuple[str, ...]
    wins: tuple[tuple[float | None, ...], ...]
    """Row beats column at this share of the budgets; None on the diagonal, and where no budget has
    two seeds that both were run on."""
    holds: tuple[tuple[bool, ...], ...]
    """Whether a win of the row over the column holds, at one budget at least, once the p values
    are corrected for the number of all tests."""
    n_budgets: int
    n_tests: int
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
    run on has p < `alpha` and its mean is higher. Ties win nothing, for either side. As published,
    `wins` are not corrected for the number of tests: each of two equal strategies wins over the
    other at ``alpha / 2`` of the budgets. `holds` is corrected (Holm, over all pairs and budgets):
    of strategies that are all equal, one or more are marked in at most `alpha` of all studies.

    Parameters
    ----------
    results : mapping
        ``results[strategy][seed][cycle]`` is the value, higher better.
    """
    names = tuple(results)
    cycles = sorted({c for seeds in results.values() for found in seeds.values() for c in found})
    tests: dict[tuple[int, int, int], tuple[float, float]] = {}
    are_tested: set[tuple[int, int]] = set()
    for i, j in itertools.combinations(range(len(names)), 2):
        first, second = results[names[i]], results[names[j]]
        for cycle in cycles:
            seeds = [s for s in first if cycle in first[s] and cycle in second.get(s, {})]
            if len(seeds) >= 2:
                are_tested |= {(i, j), (j, i)}
            found = paired_t_test(
                [first[seed][cycle] for seed in seeds], [second[seed][cycle] for seed in seeds]
            )
            if found is not None:
                tests[i, j, cycle] = found
    corrected = holm([p for _, p in tests.values()])
    won: dict[tuple[int, int], int] = dict.fromkeys(are_tested, 0)
    held: set[tuple[int, int]] = set()
    for ((i, j, _), (t, p)), sure in zip(tests.items(), corrected, strict=True):
        pair = (i, j) if t > 0 else (j, i)
        won[pair] += p < alpha
        if sure < alpha:
            held.add(pair)
    places = range(len(names))
    return PenaltyMatrix(
        names,
        tuple(
            tuple(won[i, j] / len(cycles) if (i, j) in won else None for j in places)
            for i in places
        ),
        tuple(tuple((i, j) in held for j in places) for i in places),
        len(cycles),
        len(tests),
        alpha,
    )
