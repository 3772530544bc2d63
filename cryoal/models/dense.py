"""What is kept of the posteriors of all pixels of an image: means over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import log_softmax

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

__all__ = [
    "REDUCTIONS",
    "dense_confidence",
    "dense_entropy",
    "dense_jensen_shannon",
    "dense_margin",
]


def dense_entropy(logits: Tensor) -> Tensor:
    """Entropy of the posterior, nats, mean over the pixels.

    `logits` ``(n, classes, ...)`` to ``(n,)`` float32, as all functions here.
    """
    return _over_pixels(_entropy(logits))


def dense_margin(logits: Tensor) -> Tensor:
    """Largest probability less the second largest, mean over the pixels, in [0, 1]."""
    two = logits.float().softmax(dim=1).topk(2, dim=1).values
    return _over_pixels(two[:, 0] - two[:, 1])


def dense_confidence(logits: Tensor) -> Tensor:
    """Largest probability, mean over the pixels, in [1 / classes, 1]."""
    return _over_pixels(logits.float().softmax(dim=1).amax(dim=1))


def dense_jensen_shannon(members: Sequence[Tensor]) -> Tensor:
    """``H(mean of p_m) - mean of H(p_m)``, nats, mean over the pixels, in [0, log(members)].

    `members` are logits ``(n, classes, ...)``, one tensor for each member.
    """
    mean = torch.zeros_like(members[0], dtype=torch.float32)
    each = torch.zeros_like(mean[:, 0])
    for logits in members:
        mean += logits.float().softmax(dim=1) / len(members)
        each += _entropy(logits) / len(members)
    apart = torch.special.entr(mean).sum(dim=1) - each
    return _over_pixels(apart.clamp_(min=0))  # rounding


REDUCTIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "dense_entropy": dense_entropy,
    "dense_margin": dense_margin,
    "dense_confidence": dense_confidence,
}
"""Fields of evidence that are told by the teacher's logits."""


def _entropy(logits: Tensor) -> Tensor:
    log_p = log_softmax(logits.float(), dim=1)
    return -(log_p.exp() * log_p.clamp(min=torch.finfo(torch.float32).min)).sum(dim=1)


def _over_pixels(values: Tensor) -> Tensor:
    return values.flatten(start_dim=1).mean(dim=1)
