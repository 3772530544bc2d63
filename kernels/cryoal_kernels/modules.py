"""The functions as modules, for scripts that keep their settings in objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from typing_extensions import override

from cryoal_kernels.attention import attention_transfer_loss
from cryoal_kernels.scores import dense_score, kl_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from cryoal_kernels.attention import Distance, Reduction
    from cryoal_kernels.scores import Metric

__all__ = ["AttentionTransferLoss", "DenseScore", "KLScore"]


class AttentionTransferLoss(nn.Module):
    """:func:`attention_transfer_loss` with its settings (eq. 1)."""

    def __init__(
        self,
        *,
        distance: Distance = "l2",
        eps: float = 1e-12,
        reduction: Reduction = "mean",
        teacher_grad: bool = False,
    ) -> None:
        super().__init__()
        self.distance: Distance = distance
        self.eps = eps
        self.reduction: Reduction = reduction
        self.teacher_grad = teacher_grad

    @override
    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        return attention_transfer_loss(
            student,
            teacher,
            distance=self.distance,
            eps=self.eps,
            reduction=self.reduction,
            teacher_grad=self.teacher_grad,
        )


class KLScore(nn.Module):
    """:func:`kl_score` with its temperature (eq. 3)."""

    def __init__(self, *, temperature: float = 1.0) -> None:
        super().__init__()
        self.temperature = temperature

    @override
    def forward(self, teacher_logits: Tensor, student_logits: Tensor) -> Tensor:
        return kl_score(teacher_logits, student_logits, temperature=self.temperature)


class DenseScore(nn.Module):
    """:func:`dense_score` with its metric and temperature (eq. 4); scores only, no map."""

    def __init__(self, *, metric: Metric = "mse", temperature: float = 1.0) -> None:
        super().__init__()
        self.metric: Metric = metric
        self.temperature = temperature

    @override
    def forward(
        self, teacher_logits: Tensor, student_logits: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        return dense_score(
            teacher_logits,
            student_logits,
            metric=self.metric,
            temperature=self.temperature,
            mask=mask,
        )
