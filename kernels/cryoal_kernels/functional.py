"""The public functions: arguments checked here, once, then computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

from cryoal_kernels import reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["attention_map", "attention_transfer_loss", "kl_score"]


def attention_map(features: Tensor) -> Tensor:
    """Where a module looks: squared activations summed over the channels (Sec. III-B).

    Parameters
    ----------
    features
        ``(n, c, d, h, w)`` or ``(n, c, h, w)``, any floating dtype and strides.

    Returns
    -------
    Tensor
        ``(n, voxels)`` float32, float64 for float64; not normalised.
    """
    if features.ndim < 3:
        raise ValueError(f"expected features (n, c, ...), found shape {tuple(features.shape)}")
    return reference.attention_map(features)


def attention_transfer_loss(
    student: Sequence[Tensor],
    teacher: Sequence[Tensor],
    *,
    distance: Literal["l2", "mse"] = "l2",
    eps: float = 1e-12,
    reduction: Literal["mean", "sum", "none"] = "mean",
    teacher_grad: bool = False,
) -> Tensor:
    """Distance between normalised attention maps, summed over modules (eq. 1).

    Parameters
    ----------
    student, teacher
        Feature maps of matching modules, each ``(n, c_l, d, h, w)`` or ``(n, c_l, h, w)``.
        Channel counts may differ, spatial sizes may not.
    distance
        ``"l2"``: the norm of eq. 1. ``"mse"``: the mean square of the code of Zagoruyko and
        Komodakis (2017), about 10^4 times smaller; use another weight.
    eps
        Maps of a smaller norm are divided by this: dead features cost 1 and have no gradient.
    reduction
        ``"mean"`` or ``"sum"`` over the batch, of the sum over modules; ``"none"``:
        ``(n, modules)``.
    teacher_grad
        Whether gradients reach `teacher`. In the paper they do not.

    Returns
    -------
    Tensor
        Scalar in [0, sqrt(2) N] for N modules and the mean of ``"l2"``, because maps are >= 0.

    Raises
    ------
    ValueError
        The number of modules, a batch or a spatial size differs; names the module.
    """
    if distance not in ("l2", "mse"):
        raise ValueError(f"expected distance 'l2' or 'mse', found {distance!r}")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"expected reduction 'mean', 'sum' or 'none', found {reduction!r}")
    if len(student) != len(teacher) or not student:
        raise ValueError(
            f"expected as many student as teacher modules, found {len(student)} and {len(teacher)}"
        )
    columns = []
    for number, (s, t) in enumerate(zip(student, teacher, strict=True), start=1):
        if s.shape[:1] + s.shape[2:] != t.shape[:1] + t.shape[2:]:
            raise ValueError(
                f"expected maps of one batch and spatial size in module {number},"
                f" found student {tuple(s.shape)} and teacher {tuple(t.shape)}"
            )
        teacher_map = attention_map(t if teacher_grad else t.detach())
        columns.append(
            reference.map_distance(
                attention_map(s), teacher_map, squared=distance == "mse", eps=eps
            )
        )
    losses = torch.stack(columns, dim=1)  # (n, modules)
    if reduction == "none":
        return losses
    each = losses.sum(dim=1)
    return each.mean() if reduction == "mean" else each.sum()


def kl_score(teacher_logits: Tensor, student_logits: Tensor, *, temperature: float = 1.0) -> Tensor:
    """How far the student is from the teacher on each sample, KL(teacher || student) (eq. 3).

    Parameters
    ----------
    teacher_logits, student_logits
        ``(n, classes)``; log-posteriors are logits too.
    temperature
        Divides both; no factor is applied to the result.

    Returns
    -------
    Tensor
        ``(n,)`` float32, nats, never negative. A class masked (-inf) in both counts nothing, in the
        teacher alone is exact, in the student alone gives +inf; NaN and +inf logits give NaN.

    Examples
    --------
    >>> teacher, student = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.9, 0.1]]).log()
    >>> round(kl_score(teacher, student).item(), 4)
    0.5108
    """
    if teacher_logits.ndim != 2 or teacher_logits.shape != student_logits.shape:
        raise ValueError(
            f"expected two sets of logits (n, classes), found"
            f" {tuple(teacher_logits.shape)} and {tuple(student_logits.shape)}"
        )
    if not temperature > 0:
        raise ValueError(f"expected a temperature > 0, found {temperature}")
    return reference.kl_rows(teacher_logits, student_logits, temperature=temperature).float()
