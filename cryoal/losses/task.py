"""What the task itself asks: the right class, of an input or of each of its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from cryoal.data.datasets.base import IGNORED
from cryoal.errors import LabelError

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray
    from torch import Tensor

__all__ = [
    "IGNORED",
    "accuracy",
    "class_shares",
    "class_weights",
    "mean_of_each",
    "place_losses",
    "task_loss",
    "weighted_mean",
]


def task_loss(
    logits: Tensor, labels: Tensor, weights: Tensor, total: Tensor | None = None
) -> Tensor:
    """Mean cross-entropy in float32, nats; `weights` ``(classes,)``, one for each class.

    Of a segmentation the mean over all pixels of the batch that count. `total` is as for
    :func:`weighted_mean`.
    """
    return weighted_mean(place_losses(logits, labels), labels, weights, total)


def place_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy in float32, nats, in the shape of `labels`; 0 where a pixel is ignored.

    Parameters
    ----------
    logits
        ``(n, classes)``, or ``(n, classes, h, w)`` of a segmentation.
    labels
        Class numbers ``(n,)``, or ``(n, h, w)`` with :data:`IGNORED`.
    """
    return cross_entropy(logits.float(), labels, reduction="none", ignore_index=IGNORED)


def mean_of_each(losses: Tensor, labels: Tensor) -> Tensor:
    """``(n,)``: the mean loss of each input over its pixels that count; 0 where none does."""
    if losses.ndim == 1:
        return losses
    counted = (labels != IGNORED).flatten(start_dim=1).sum(dim=1)
    return losses.flatten(start_dim=1).sum(dim=1) / counted.clamp(min=1)


def weighted_mean(
    losses: Tensor, labels: Tensor, weights: Tensor, total: Tensor | None = None
) -> Tensor:
    """The mean of losses in the shape of `labels`, each weighing as its class does.

    Ignored pixels have no share; a batch in which nothing counts gives 0. Where the batch is a part
    of a larger one, `total` is what stands for the sum of its weights.
    """
    shares = class_shares(labels, weights)
    total = shares.sum() if total is None else total
    return (losses * shares).sum() / total.clamp(min=torch.finfo(shares.dtype).tiny)


def class_shares(labels: Tensor, weights: Tensor) -> Tensor:
    """What each of `labels` weighs, in their shape; 0 where it is ignored."""
    return weights[labels.clamp(min=0)] * (labels != IGNORED)


def accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    """Share of the inputs, or of the pixels that count, whose likeliest class is right."""
    right, counted = logits.argmax(dim=1) == labels, labels != IGNORED
    return (right & counted).sum().float() / counted.sum().clamp(min=1)


def class_weights(targets: NDArray[np.integer[Any]], n_classes: int, how: str) -> Tensor:
    """``(n_classes,)`` float32 weights of the task loss.

    ``"none"``: 1. ``"balanced"``: the inverse of each class's share of `targets`, with mean 1 over
    the boxes; classes without a box get 0. `targets` may have any shape, as masks do; what is no
    class (an ignored pixel) does not count.

    Raises
    ------
    LabelError
        ``"balanced"``, and nothing has a class.
    """
    if how == "none":
        return torch.ones(n_classes)
    known = targets[(targets >= 0) & (targets < n_classes)]
    if not len(known):
        raise LabelError(f"expected a class from 0 to {n_classes - 1} in the labels, found none")
    counts = np.bincount(known, minlength=n_classes)
    present = counts > 0
    weights = np.where(present, len(known) / (present.sum() * np.maximum(counts, 1)), 0.0)
    return torch.from_numpy(weights).float()
