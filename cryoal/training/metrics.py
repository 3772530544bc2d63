"""How good a classification, or a segmentation, is, counted from truth and prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Metrics", "confusion_matrix", "from_confusion", "measure"]


@dataclass(frozen=True)
class Metrics:
    """Numbers of one classification, of boxes or pixels; arrays have one entry for each class.

    A ratio without cases (the precision of a class never predicted) is 0, as in scikit-learn.
    """

    accuracy: float
    macro_f1: float
    """Mean F1 over the classes that occur in the truth or in the predictions."""
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]
    """Boxes that are truly of the class."""
    iou: NDArray[np.float64]
    """Intersection over union: those rightly of the class, of those that are, or are said to be."""
    mean_iou: float
    """mIoU: over the classes that occur in the truth or in the predictions."""
    confusion: NDArray[np.int64]
    """``(classes, classes)``: rows the truth, columns the prediction."""


def confusion_matrix(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], n_classes: int
) -> NDArray[np.int64]:
    """``(classes, classes)`` counts: rows the truth, columns the prediction."""
    counts = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(counts, (truth, predicted), 1)
    return counts


def measure(truth: NDArray[np.int64], predicted: NDArray[np.int64], n_classes: int) -> Metrics:
    """The metrics of class numbers `predicted` against `truth`, at least one of each.

    Examples
    --------
    >>> measure(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2).accuracy
    0.75
    """
    if len(truth) != len(predicted) or not len(truth):
        raise ValueError(
            f"expected a prediction for each of at least one truth,"
            f" found {len(predicted)} and {len(truth)}"
        )
    return from_confusion(confusion_matrix(truth, predicted, n_classes))


def from_confusion(confusion: NDArray[np.int64]) -> Metrics:
    """The metrics of a confusion matrix with at least one count: rows the truth.

    Examples
    --------
    >>> from_confusion(np.array([[1, 1], [0, 2]])).mean_iou  # 1/2 and 2/3
    0.5833333333333333
    """
    hits = np.diag(confusion)
    support, claimed = confusion.sum(axis=1), confusion.sum(axis=0)
    occurs = support + claimed > 0
    f1 = _ratio(2 * hits, support + claimed)
    iou = _ratio(hits, support + claimed - hits)
    return Metrics(
        accuracy=float(hits.sum() / confusion.sum()),
        macro_f1=float(f1[occurs].mean()),
        precision=_ratio(hits, claimed),
        recall=_ratio(hits, support),
        f1=f1,
        support=support,
        iou=iou,
        mean_iou=float(iou[occurs].mean()),
        confusion=confusion,
    )


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(whole > 0, part / np.maximum(whole, 1), 0.0)
