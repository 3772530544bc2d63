"""The formulas as one writes them: what the kernels are measured against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["attention_transfer", "dense_mse", "kl"]


def attention_transfer(student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
    """Eq. 1 with the mean over the batch."""
    total = torch.zeros(len(student[0]), device=student[0].device)
    for s, t in zip(student, teacher, strict=True):
        u, w = (F.normalize(x.float().pow(2).sum(1).flatten(1), dim=1) for x in (s, t))
        total = total + torch.linalg.vector_norm(u - w, dim=1)
    return total.mean()


def kl(teacher: Tensor, student: Tensor) -> Tensor:
    """Eq. 3."""
    log_p, log_q = teacher.float().log_softmax(1), student.float().log_softmax(1)
    return (log_p.exp() * (log_p - log_q)).sum(1)


def dense_mse(teacher: Tensor, student: Tensor) -> Tensor:
    """Eq. 4."""
    return (teacher.float().softmax(1) - student.float().softmax(1)).square().flatten(1).mean(1)
