"""How far the student's posterior is from the teacher's (eqs. 3 and 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, overload

import torch

from cryoal_kernels.ops import scores as ops

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Metric", "dense_score", "kl_score"]

Metric: TypeAlias = Literal["mse", "kl", "js"]


def kl_score(teacher_logits: Tensor, student_logits: Tensor, *, temperature: float = 1.0) -> Tensor:
    """How far the student is from the teacher on each sample, KL(teacher || student) (eq. 3).

    Parameters
    ----------
    teacher_logits, student_logits
        ``(n, classes)`` of any floating dtype; log-posteriors are logits too.
    temperature
        Divides both; no factor is applied to the result. On a GPU each new one is compiled anew.

    Returns
    -------
    Tensor
        ``(n,)`` float32, nats, never negative. A class masked (-inf) in both counts nothing, in the
        teacher alone is exact, in the student alone gives +inf; NaN and +inf logits give NaN.
        Gradients reach both (detach the teacher to teach), in plain torch on every device.

    Raises
    ------
    ValueError
        Shapes or devices differ, there is no class, or the temperature is not positive.

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
    _require(teacher_logits, student_logits, temperature)
    scores: Tensor = ops.kl_rows(teacher_logits, student_logits, temperature)
    return scores.float()


@overload
def dense_score(
    teacher_logits: Tensor,
    student_logits: Tensor,
    *,
    metric: Metric = "mse",
    temperature: float = 1.0,
    mask: Tensor | None = None,
    return_map: Literal[False] = False,
) -> Tensor: ...
@overload
def dense_score(
    teacher_logits: Tensor,
    student_logits: Tensor,
    *,
    metric: Metric = "mse",
    temperature: float = 1.0,
    mask: Tensor | None = None,
    return_map: Literal[True],
) -> tuple[Tensor, Tensor]: ...
def dense_score(
    teacher_logits: Tensor,
    student_logits: Tensor,
    *,
    metric: Metric = "mse",
    temperature: float = 1.0,
    mask: Tensor | None = None,
    return_map: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """How far two segmentations are apart, the mean over the voxels of each sample.

    Parameters
    ----------
    teacher_logits, student_logits
        ``(n, c, h, w)`` or ``(n, c, d, h, w)`` of any floating dtype and strides.
    metric
        ``"mse"``: the mean over classes of the squared difference of the posteriors (eq. 4);
        ``"kl"``: KL(teacher || student); ``"js"``: the Jensen-Shannon divergence, in [0, log 2].
    temperature
        Divides both. On a GPU each new one is compiled anew.
    mask
        ``(n, h, w)`` or ``(n, d, h, w)`` bool: voxels that count. Others may hold anything.
    return_map
        Whether to return the value of each voxel too.

    Returns
    -------
    scores
        ``(n,)`` float32, never negative; NaN where no voxel counts. Masked classes (-inf) are taken
        as :func:`kl_score` takes them. For ranking: it has no gradient.
    map
        With `return_map`: ``(n, h, w)`` or ``(n, d, h, w)`` float32, 0 where the mask is False.

    Raises
    ------
    ValueError
        Shapes or devices differ, there is no class or voxel, the metric is unknown, or the
        temperature is not positive.
    TypeError
        The mask is not bool.
    """
    shape, found = tuple(teacher_logits.shape), tuple(student_logits.shape)
    if teacher_logits.ndim < 3 or shape != found or 0 in shape[1:]:
        raise ValueError(f"expected two sets of logits (n, c, ...), found {shape} and {found}")
    if metric not in ("mse", "kl", "js"):
        raise ValueError(f"expected metric 'mse', 'kl' or 'js', found {metric!r}")
    _require(teacher_logits, student_logits, temperature)
    places = shape[:1] + shape[2:]
    if mask is not None:
        if tuple(mask.shape) != places or mask.device != teacher_logits.device:
            raise ValueError(
                f"expected a mask {places} on {teacher_logits.device},"
                f" found {tuple(mask.shape)} on {mask.device}"
            )
        if mask.dtype != torch.bool:
            raise TypeError(f"expected a mask of bool, found {mask.dtype}")
    pair = teacher_logits.detach(), student_logits.detach()
    scores: Tensor
    whole: Tensor
    scores, whole = ops.dense_score(*pair, mask, metric, temperature, return_map)
    return (scores.float(), whole.float().view(places)) if return_map else scores.float()


def _require(teacher: Tensor, student: Tensor, temperature: float) -> None:
    if teacher.device != student.device:
        raise ValueError(f"expected both on {teacher.device}, found {student.device}")
    if not (teacher.is_floating_point() and student.is_floating_point()):
        raise TypeError(
            f"expected logits of a floating dtype, found {teacher.dtype} and {student.dtype}"
        )
    if teacher.shape[1] == 0:
        raise ValueError(f"expected at least one class, found shape {tuple(teacher.shape)}")
    if not 0 < temperature < float("inf"):
        raise ValueError(f"expected a temperature > 0, found {temperature}")
