"""How far two posteriors are apart: KL (eq. 3), mean square (eq. 4) and Jensen-Shannon.

All three are summed from terms that are never negative. With ``D = log p - log q``, each class
contributes ``p (D + expm1(-D))`` to KL: the plain ``p D`` sums to the same, because both rows sum
to 1, but is wrong by more than its value where the models almost agree, and often negative. ``D``
is the difference of the logits less one number for each row, so that what rounding does to that
number cancels to first order.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from cryoal_kernels.reference.blocks import column_blocks, computing_dtype, row_blocks

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["dense_score", "kl_rows"]

_LOWEST = -80.0  # exp(80) is finite in float32
_NARROW = 32  # so few classes are faster with the rows along the vector lanes


def kl_rows(teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """KL(teacher || student) of each row in nats, ``(n, classes)`` to ``(n,)``, never negative."""
    dtype = computing_dtype(teacher, student)
    n, classes = teacher.shape
    scores = torch.empty(n, dtype=dtype, device=teacher.device)
    for rows in row_blocks(n, classes):
        t, s = (_widened(x[rows], dtype) for x in (teacher, student))
        scores[rows] = _terms("kl", t, s, temperature).sum(dim=1)
    return scores


def dense_score(
    teacher: Tensor,
    student: Tensor,
    mask: Tensor | None,
    metric: str,
    temperature: float,
    want_map: bool,
) -> tuple[Tensor, Tensor]:
    """Mean over the voxels of `mask` of a distance, ``(n, c, ...)`` to ``(n,)``, and its map.

    The map ``(n, voxels)`` holds 0 outside the mask; without `want_map` it is empty.
    """
    dtype = computing_dtype(teacher, student)
    t, s = teacher.flatten(start_dim=2), student.flatten(start_dim=2)  # (n, c, voxels)
    kept = None if mask is None else mask.flatten(start_dim=1)
    n, classes, voxels = t.shape
    sums = torch.zeros(n, dtype=dtype, device=t.device)
    whole = torch.empty((n, voxels) if want_map else (0, 0), dtype=dtype, device=t.device)
    for rows, columns in column_blocks(n, classes, voxels):
        pair = [x[rows, :, columns].to(dtype) for x in (t, s)]
        values = _terms(metric, pair[0], pair[1], temperature).sum(dim=1)  # (n, voxels)
        if kept is not None:
            values = torch.where(kept[rows, columns], values, 0.0)  # NaN outside does not count
        sums[rows] += values.sum(dim=1)
        if want_map:
            whole[rows, columns] = values
    counts = voxels if kept is None else kept.sum(dim=1)
    return sums / counts, whole


def _widened(rows: Tensor, dtype: torch.dtype) -> Tensor:
    """`rows` in `dtype`; few classes with the rows last in memory."""
    if rows.is_cuda or rows.shape[1] > _NARROW:
        return rows.to(dtype)
    return torch.empty(rows.shape[::-1], dtype=dtype).T.copy_(rows)


def _terms(metric: str, teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """What each class (dimension 1) contributes; its input is not written to.

    A class masked (-inf) in both contributes nothing; a row without a posterior (NaN, +inf, or all
    masked) is NaN.
    """
    highest_t, highest_s = (x.amax(dim=1, keepdim=True) for x in (teacher, student))
    gap = teacher - student if metric != "mse" else None  # exact where the two are close
    offset = highest_t - highest_s
    p, q = teacher - highest_t, student - highest_s
    if temperature != 1:
        for x in (p, q, offset) if gap is None else (p, q, offset, gap):
            x.mul_(1 / temperature)
    p, q = p.exp_(), q.exp_()  # but for their totals
    total_t, total_s = (x.sum(dim=1, keepdim=True) for x in (p, q))
    if gap is None:
        return p.div_(total_t).sub_(q.div_(total_s)).square_().div_(teacher.shape[1])
    gap.sub_(offset.add_(total_t.log()).sub_(total_s.log()))
    share = 1 / total_t + 0 * total_s  # NaN where there is no posterior
    if metric == "js":
        return _jensen_shannon(gap, p.mul_(share), q.mul_(1 / total_s)).add_(0 * share)
    if teacher.is_cuda or not _is_tame(gap):
        q.mul_(total_t / total_s)
        terms = torch.where(gap < -1, p * (gap - 1) + q, p * gap.neg().expm1_().add_(gap))
        terms = torch.where(teacher == -math.inf, q, terms)  # 0 log 0 = 0, also where both are
        impossible = (student == -math.inf) & (teacher > -math.inf)
        terms = torch.where(impossible, math.inf, terms)  # even where p underflows to 0
        return terms.clamp_min_(0).mul_(share)
    return p.mul_(gap.neg().expm1_().add_(gap).clamp_min_(0)).mul_(share)


def _is_tame(gap: Tensor) -> bool:
    """Whether neither masks nor overflow need attention: a few looks instead of many passes."""
    if gap.numel() == 0:
        return True
    low, high = gap.aminmax()
    return bool(low >= _LOWEST) and bool(high < math.inf)


def _jensen_shannon(gap: Tensor, p: Tensor, q: Tensor) -> Tensor:
    """``m/2 ((1 + x) log(1 + x) + (1 - x) log(1 - x))``, ``m = (p + q)/2``, ``p = m (1 + x)``."""
    x = gap.mul(0.5).tanh_()
    curve = torch.special.xlog1py(1 + x, x) + torch.special.xlog1py(1 - x, -x)
    terms = curve.clamp_min_(0).mul_(p + q).mul_(0.25)
    return torch.where((p == 0) & (q == 0), 0.0, terms)
