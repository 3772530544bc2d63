"""Distances of posteriors as operators: rows with gradients, dense maps for ranking only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryoal_kernels.dispatch import implementation
from cryoal_kernels.ops.operator import operator
from cryoal_kernels.reference.blocks import computing_dtype
from cryoal_kernels.reference.scores import kl_rows_backward

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["dense_score", "kl_rows"]


@operator("(Tensor teacher, Tensor student, float temperature) -> Tensor")
def kl_rows(teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """``(n,)`` from ``(n, classes)``."""
    scores: Tensor = implementation(teacher, "scores").kl_rows(teacher, student, temperature)
    return scores


@kl_rows.register_fake
def _(teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    return teacher.new_empty(teacher.shape[:1], dtype=computing_dtype(teacher, student))


def _keep_logits(ctx: Any, inputs: tuple[Tensor, Tensor, float], output: Tensor) -> None:
    teacher, student, ctx.temperature = inputs
    ctx.save_for_backward(teacher, student, output)


def _through_rows(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
    teacher, student, scores = ctx.saved_tensors
    return *kl_rows_backward(grad, teacher, student, scores, ctx.temperature), None


kl_rows.register_autograd(_through_rows, setup_context=_keep_logits)


@operator(
    "(Tensor teacher, Tensor student, Tensor? mask, str metric, float temperature,"
    " bool want_map) -> (Tensor, Tensor)"
)
def dense_score(
    teacher: Tensor,
    student: Tensor,
    mask: Tensor | None,
    metric: str,
    temperature: float,
    want_map: bool,
) -> tuple[Tensor, Tensor]:
    """Scores ``(n,)`` and, where wanted, the map ``(n, voxels)``."""
    functions = implementation(teacher, "scores")
    scores, whole = functions.dense_score(teacher, student, mask, metric, temperature, want_map)
    return scores, whole


@dense_score.register_fake
def _(
    teacher: Tensor,
    student: Tensor,
    mask: Tensor | None,
    metric: str,
    temperature: float,
    want_map: bool,
) -> tuple[Tensor, Tensor]:
    dtype, n = computing_dtype(teacher, student), teacher.shape[0]
    shape = (n, teacher[0, 0].numel()) if want_map else (0, 0)
    return teacher.new_empty((n,), dtype=dtype), teacher.new_empty(shape, dtype=dtype)
