"""What the task itself asks: the right class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from cryoal.errors import LabelError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

__all__ = ["class_weights", "task_loss", "task_losses", "weighted_mean"]


def task_loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Mean cross-entropy in float32, nats; `weights` ``(classes,)``, one for each class."""
    return weighted_mean(task_losses(logits, labels), labels, weights)


def task_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """``(n,)`` cross-entropy of each box in float32, nats."""
    return cross_entropy(logits.float(), labels, reduction="none")


def weighted_mean(losses: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """The mean of ``(n,)`` losses, each weighing as its class does."""
    shares = weights[labels]
    return (losses * shares).sum() / shares.sum()


def class_weights(targets: NDArray[np.int64], n_classes: int, how: str) -> Tensor:
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
