"""Eq. 1 and eq. 3 in plain torch: what every faster version is compared with.

16- and 32-bit input is computed in float32, float64 in float64. Nothing is checked here; see
:mod:`cryoal_kernels.functional`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["attention_map", "kl_rows", "map_distance"]


def attention_map(features: Tensor) -> Tensor:
    """Sum of squared activations over the channels, ``(n, c, ...)`` to ``(n, voxels)``, >= 0."""
    wide = features.to(_computing_dtype(features))  # 512 squares overflow float16
    return wide.square().sum(dim=1).flatten(start_dim=1)


def map_distance(student: Tensor, teacher: Tensor, *, squared: bool, eps: float) -> Tensor:
    """Distance of two sets of attention maps ``(n, voxels)`` after normalisation, ``(n,)``.

    The norm of the difference (eq. 1), or with `squared` the mean of the squared differences.
    `vector_norm` has the subgradient 0 where the maps are equal; the root of a sum has NaN there.
    """
    difference = torch.nn.functional.normalize(student, dim=1, eps=eps)
    difference = difference - torch.nn.functional.normalize(teacher, dim=1, eps=eps)
    if squared:
        return difference.square().mean(dim=1)
    norm: Tensor = torch.linalg.vector_norm(difference, dim=1)
    return norm


def kl_rows(teacher_logits: Tensor, student_logits: Tensor, *, temperature: float) -> Tensor:
    """KL(teacher || student) of each row in nats, ``(n, classes)`` to ``(n,)``, never negative.

    Notes
    -----
    With ``D = log p - log q`` each class contributes ``p D - p + q``, which is >= 0 and sums to the
    same, because both rows sum to 1. Near ``D = 0`` its series is used: the plain ``p D`` is wrong
    by more than its value where the models almost agree, and often negative.
    """
    dtype = _computing_dtype(teacher_logits, student_logits)
    log_p = torch.log_softmax(teacher_logits.to(dtype) / temperature, dim=1)
    log_q = torch.log_softmax(student_logits.to(dtype) / temperature, dim=1)
    p, q = log_p.exp(), log_q.exp()
    gap = log_p - log_q
    terms = torch.where(gap.abs() < _SERIES_BELOW, p * _series(gap), p * gap - p + q)
    terms = torch.where(log_p == -torch.inf, q, terms)  # 0 log 0 = 0, also where both are masked
    impossible = (log_q == -torch.inf) & (log_p > -torch.inf)  # even where p underflows to 0
    return torch.where(impossible, torch.inf, terms).sum(dim=1)


_SERIES_BELOW = 0.25


def _series(gap: Tensor) -> Tensor:
    """``gap + expm1(-gap)`` for ``|gap| < 0.25``, to the last bit of float64, by Horner's rule."""
    total = torch.zeros_like(gap)
    for k in range(13, 1, -1):  # 1/2 - gap/6 + gap^2/24 ...: 0.25^12 2/14! is below 2^-53
        total = (1.0 - gap * total) / k
    return gap.square() * total


def _computing_dtype(*tensors: Tensor) -> torch.dtype:
    return torch.float64 if any(t.dtype == torch.float64 for t in tensors) else torch.float32
