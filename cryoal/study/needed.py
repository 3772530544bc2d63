"""With how many labels an accuracy is reached: a fit that never falls, and its interval."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.estimate.student import student_quantile
from cryoal.study.statistics import shared_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Needed", "labels_needed"]

STEPS = 32
"""Places between two budgets at which the curves are held against the target."""


@dataclass(frozen=True)
class Needed:
    """The labels with which the mean over seeds reaches a target.

    With `labels` None the target is not shown to be reached: it may be within `last` labels, or
    never. Then `low` still says how many are too few.
    """

    labels: float | None
    low: float
    """With fewer labels than these the target is not reached; the first budget where none of the
    budgets is shown to be too small."""
    high: float | None
    """With these labels and more it is reached; None: not shown."""
    first: float
    last: float
    """The budgets that all seeds cover."""
    n: int
    """Seeds."""


def labels_needed(
    curves: Sequence[Sequence[tuple[float, float]]],
    targets: Sequence[float],
    *,
    level: float = 0.95,
) -> Needed | None:
    """Where the mean of `curves`, one for each seed, reaches its target.

    The true mean is taken to rise, or to stay, with the labels, and to be straight between
    budgets. `labels` is read off the isotonic fit to the means at the budgets. The interval
    comes from Student's t at each budget: from the last one downwards as long as the mean is
    shown to be above the target (`high`), from the first one upwards as long as it is shown to be
    below (`low`). Since the mean does not fall, that order needs no correction: a target that is
    never reached is told as reached in at most ``(1 - level) / 2`` of the cases.

    Parameters
    ----------
    curves : sequence of sequences of (budget, value)
        In order of budget.
    targets : sequence of float
        One for each curve; the same for all, or such as another strategy's value on that seed.

    Returns
    -------
    Needed or None
        None with fewer than two curves, which tell nothing of the noise, or where they share no
        two budgets.

    Examples
    --------
    >>> curves = [[(100, 0.5), (200, 0.70)], [(100, 0.5), (200, 0.71)], [(100, 0.5), (200, 0.72)]]
    >>> found = labels_needed(curves, [0.6] * 3)
    >>> round(found.labels, 1), round(found.low, 1), round(found.high, 1)
    (147.6, 140.6, 156.2)
    """
    if len(curves) != len(targets):
        raise ValueError(
            f"expected a target for each of {len(curves)} curves, found {len(targets)}"
        )
    shared = shared_range(curves)
    n = len(curves)
    if n < 2 or shared is None:
        return None
    first, last = shared
    budgets = {x for curve in curves for x, _ in curve if first <= x <= last}
    knots = np.array(sorted(budgets), dtype=np.float64)
    over = _over(curves, targets, knots)
    fitted = _never_falling(over.mean(axis=0))
    parts = [
        np.linspace(a, b, STEPS, endpoint=False) for a, b in itertools.pairwise(knots.tolist())
    ]
    places = np.concatenate([*parts, [last]])
    fine = _over(curves, targets, places)
    mean = fine.mean(axis=0)
    half = student_quantile((1 + level) / 2, n - 1) * fine.std(axis=0, ddof=1) / np.sqrt(n)
    is_reached = np.logical_and.accumulate((mean - half >= 0)[::-1])[::-1]
    is_short = np.logical_and.accumulate(mean + half < 0)
    low = float(places[is_short][-1]) if is_short.any() else first
    if not is_reached.any():
        return Needed(None, low, None, first, last, n)
    high = float(places[is_reached][0])
    place = int(np.flatnonzero(fitted >= 0)[0])  # the fit ends no lower than the last mean
    labels = float(knots[0])
    if place:
        below, above = fitted[place - 1], fitted[place]
        share = -below / (above - below)
        labels = float(knots[place - 1] + share * (knots[place] - knots[place - 1]))
    return Needed(min(max(labels, low), high), low, high, first, last, n)


def _over(
    curves: Sequence[Sequence[tuple[float, float]]],
    targets: Sequence[float],
    places: NDArray[np.float64],
) -> NDArray[np.float64]:
    """``(seeds, places)``: each curve less its target."""
    values = [
        np.interp(places, [x for x, _ in curve], [y for _, y in curve]) - target
        for curve, target in zip(curves, targets, strict=True)
    ]
    return np.array(values, dtype=np.float64)


def _never_falling(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest values, by squares, that never fall."""
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(means).x, dtype=np.float64)
