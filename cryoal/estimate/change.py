"""How much trainings still change what comes out, beyond what another seed would change.

Each training has a seed of its own, so that successive ones differ by noise and by what their
labels taught. Noise does not grow with the number of queries between two trainings; what labels
teach does. So the change is a slope, and its bound comes from how the trainings scatter about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.estimate.student import student_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["FEWEST", "Change", "change_of_classes", "change_of_values"]

FEWEST = 5
"""Trainings that are needed to tell noise from change."""


@dataclass(frozen=True)
class Change:
    """A change over so many queries, apart from noise."""

    by: float
    """The estimate; of a value below 0 where it falls."""
    at_most: float
    """Its upper bound, one-sided."""


def change_of_values(
    values: Sequence[float], *, steps: int = 3, level: float = 0.975, grain: float = 0.0
) -> Change | None:
    """By how much a value of successive trainings rises over `steps` of them.

    A straight line through `values` by least squares, and the upper end of its interval by
    Student's t. A curve that flattens scatters about the line and was steeper before: both make
    the bound higher, never lower. None with fewer than FEWEST values.

    Parameters
    ----------
    grain : float
        The step in which values are counted, such as 1 / number of boxes: no scatter is smaller.

    Examples
    --------
    >>> found = change_of_values([0.70, 0.72, 0.71, 0.73, 0.72, 0.74])  # 0.0063 a training
    >>> round(found.by, 4), round(found.at_most, 4)
    (0.0189, 0.0363)
    """
    n = len(values)
    if n < FEWEST:
        return None
    x = np.arange(n) - (n - 1) / 2
    y = np.asarray(values, dtype=np.float64)
    slope = float(x @ y / (x @ x))
    left = y - y.mean() - slope * x
    scatter = np.sqrt(max(float(left @ left) / (n - 2), grain**2 / 12) / float(x @ x))
    bound = slope + student_quantile(level, n - 2) * float(scatter)
    return Change(steps * slope, steps * bound)


def change_of_classes(
    predicted: NDArray[np.integer], *, steps: int = 3, level: float = 0.975
) -> Change | None:
    """The share of boxes whose class the labels of `steps` queries change, apart from noise.

    Two trainings disagree on a share of the boxes that noise makes, and that grows with the queries
    between them by what labels move: for a box that is called one of two classes with probability
    p, and later q, by ``(p - q) ** 2``. A line is fitted to all pairs, and its bound is the
    jackknife's, which leaves out one training at a time (Student's t). Only boxes that are not
    called the same by all trainings move, a share u; the share that moves, the mean of ``|p - q|``,
    is then at most the root of u times the growth (Cauchy and Schwarz). So the more another seed
    changes, the less is shown.

    Parameters
    ----------
    predicted : (trainings, boxes)
        Class numbers by successive trainings, of the same boxes.

    Returns
    -------
    Change or None
        Shares of the boxes; None with fewer than FEWEST trainings.
    """
    n = len(predicted)
    if n < FEWEST:
        return None
    differ = np.array([[float((a != b).mean()) for b in predicted] for a in predicted])
    slope = _slope(differ, np.arange(n))
    without = np.array([_slope(differ, np.delete(np.arange(n), i)) for i in range(n)])
    error = float(np.sqrt((n - 1) / n * np.square(without - without.mean()).sum()))
    moving = float((predicted != predicted[0]).any(axis=0).mean())
    growth = max(slope, 0.0)
    bound = growth + student_quantile(level, n - 1) * error
    return Change(*(float(np.sqrt(moving * steps * each)) for each in (growth, bound)))


def _slope(differ: NDArray[np.float64], kept: NDArray[np.intp]) -> float:
    """Of the disagreement of pairs over the number of queries between them."""
    first, second = np.triu_indices(len(kept), 1)
    between = (kept[second] - kept[first]).astype(np.float64)
    between -= between.mean()
    return float(between @ differ[kept[first], kept[second]] / (between @ between))
