"""What the task itself asks: the right class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import cross_entropy

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

__all__ = ["class_weights", "task_loss"]


def task_loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Mean cross-entropy in float32, nats; `weights` ``(classes,)``, one for each class."""
    return cross_entropy(logits.float(), labels, weights)


def class_weights(targets: NDArray[np.int64], n_classes: int, how: str) -> Tensor:
    """``(n_classes,)`` float32 weights of the task loss.

    ``"none"``: 1. ``"balanced"``: the inverse of each class's share of `targets`, with mean 1 over
    the boxes; classes without a box get 0.
    """
    if how == "none":
        return torch.ones(n_classes)
    counts = np.bincount(targets, minlength=n_classes)
    present = counts > 0
    weights = np.where(present, len(targets) / (present.sum() * np.maximum(counts, 1)), 0.0)
    return torch.from_numpy(weights).float()
