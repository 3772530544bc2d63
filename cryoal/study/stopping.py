"""When asking more may not be worth it: rules that advise and never decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["agreement", "is_plateau", "is_stable"]


def is_plateau(validation: Sequence[float], *, window: int = 3, gain: float = 0.005) -> bool:
    """Whether the validation accuracy has risen by less than `gain` over the last `window` cycles.

    Compares the best of the last `window` with the best before them.
    """
    if len(validation) <= window:
        return False
    return max(validation[-window:]) - max(validation[:-window]) < gain


def is_stable(agreements: Sequence[float], *, window: int = 3, at_least: float = 0.99) -> bool:
    """Whether predictions have stabilised: the mean of the last agreements is high enough.

    Agreements are Cohen's kappa between the predictions of successive models on boxes that nobody
    labels (Bloodgood and Vijay-Shanker, 2009, whose numbers these are).
    """
    return len(agreements) >= window and float(np.mean(agreements[-window:])) >= at_least - 1e-9


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
