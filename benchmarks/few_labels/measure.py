"""Accuracy and macro-F1 of classes that were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.estimate.student import mean_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["accuracy", "interval", "macro_f1"]


def accuracy(truth: NDArray[np.int64], said: NDArray[np.int64]) -> float:
    return float((truth == said).mean())


def macro_f1(truth: NDArray[np.int64], said: NDArray[np.int64], n_classes: int) -> float:
    """The mean over the classes that are in the truth; 0 for a class that is never given."""
    table = np.bincount(truth * n_classes + said, minlength=n_classes**2)
    both = table.reshape(n_classes, n_classes)
    right, there, given = np.diag(both), both.sum(axis=1), both.sum(axis=0)
    f1 = 2.0 * right / np.maximum(there + given, 1)
    return float(f1[there > 0].mean())


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half width of its 95 % interval (Student's t); NaN for a single value."""
    found = mean_interval(values)
    return found.mean, float("nan") if found.half is None else found.half
