"""When asking more may not be worth it: rules that advise and never decide.

A rule holds only where the change is shown to be small, and not where noise hides it: another seed
changes validation accuracy and predictions too, and must not trip a rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.estimate.change import change_of_classes, change_of_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LEVEL", "SETTLED", "agreement", "is_level", "is_settled"]

WINDOW = 8
"""So many of the last trainings are looked at, five at least."""

LITTLE = 0.02
"""Two points of accuracy, or two of a hundred boxes, over three queries."""

LEVEL = "level validation accuracy"
SETTLED = "settled predictions"
"""Names of the rules, as rows have them. Rows of older studies have ``plateau`` and ``stable
predictions``, which held the last cycles against fixed numbers and knew no noise."""


def is_level(validation: Sequence[float], n_boxes: int) -> bool:
    """Whether the validation accuracy is shown to rise by less than two points in three queries.

    By the upper end of a 95 % interval: :func:`~cryoal.estimate.change.change_of_values`.
    """
    change = change_of_values(validation[-WINDOW:], grain=1 / max(n_boxes, 1))
    return change is not None and change.at_most < LITTLE


def is_settled(predicted: Sequence[NDArray[np.integer]]) -> bool:
    """Whether three queries are shown to change the class of less than two of a hundred boxes.

    Of boxes that nobody labels, as in (Bloodgood and Vijay-Shanker, 2009), but beyond what another
    seed changes: see :func:`~cryoal.estimate.change.change_of_classes`. A network that calls all
    boxes one class has not settled but failed.
    """
    last = np.array(predicted[-WINDOW:])
    if not len(last) or any(len(np.unique(one)) < 2 for one in last):
        return False
    change = change_of_classes(last)
    return change is not None and change.at_most < LITTLE


def agreement(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Cohen's kappa of two sets of class numbers ``(n,)``; 1 where both are one and the same.

    Examples
    --------
    >>> agreement(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0]))
    0.5
    """
    observed = float((one == other).mean())
    n = int(max(one.max(), other.max())) + 1
    shares = [np.bincount(x, minlength=n) / len(x) for x in (one, other)]
    chance = float(shares[0] @ shares[1])
    return 1.0 if chance == 1.0 else (observed - chance) / (1 - chance)
