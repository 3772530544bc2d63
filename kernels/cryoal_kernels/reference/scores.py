"""How far two posteriors are apart: KL (eq. 3), mean square (eq. 4) and Jensen-Shannon.

All three are summed from terms that are never negative. The plain ``p (log p - log q)`` sums to KL
too, but is wrong by more than its value where the models almost agree, and often negative. With
``x`` the student's logits less the teacher's, ``KL = log E_p[exp x] - E_p[x]``, and with
``y = x - E_p[x]`` that is ``log1p(E_p[expm1(y) - y])``: one softmax instead of two, and what
rounding does to ``E_p[x]`` cancels to first order. Rows that this cannot hold (masked classes,
differences over 80) are computed again, class by class, from ``D = log p - log q``: each class
contributes ``p (D + expm1(-D))``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from cryoal_kernels.reference.blocks import column_blocks, computing_dtype, row_blocks

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["dense_score", "kl_rows", "kl_rows_backward"]

_NARROW = 32  # so few classes are faster with the rows along the vector lanes
_SMALLEST = 1e-30  # of a sum of exponentials: terms of less are no longer precise in float32


def kl_rows(teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """KL(teacher || student) of each row in nats, ``(n, classes)`` to ``(n,)``, never negative."""
    if teacher.is_cuda:  # to look which rows the short way cannot hold is to wait
        dtype = computing_dtype(teacher, student)
        return _terms("kl", teacher.to(dtype), student.to(dtype), temperature).sum(dim=1)
    scores = _cumulant_kl(teacher, student, temperature)
    failed = scores.isfinite().logical_not_()
    if failed.any():
        t, s = (x[failed].to(scores.dtype) for x in (teacher, student))
        scores[failed] = _terms("kl", t, s, temperature).sum(dim=1)
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
        values = _values(metric, pair[0], pair[1], temperature)  # (n, voxels)
        if kept is not None:
            values = torch.where(kept[rows, columns], values, 0.0)  # NaN outside does not count
        sums[rows] += values.sum(dim=1)
        if want_map:
            whole[rows, columns] = values
    counts = voxels if kept is None else kept.sum(dim=1)
    return sums / counts, whole


def kl_rows_backward(
    grad: Tensor, teacher: Tensor, student: Tensor, scores: Tensor, temperature: float
) -> tuple[Tensor, Tensor]:
    """Gradients of the logits: ``p (D - KL)`` and ``q - p``, over the temperature."""
    dtype = computing_dtype(teacher, student)
    log_p, log_q = ((x.to(dtype) / temperature).log_softmax(dim=1) for x in (teacher, student))
    p, scale = log_p.exp(), (grad / temperature)[:, None]
    along = torch.where(p > 0, p * (log_p - log_q - scores[:, None]), 0.0)
    return (scale * along).to(teacher.dtype), (scale * (log_q.exp() - p)).to(student.dtype)


def _values(metric: str, teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """Distances along dimension 1 of three."""
    if metric != "kl":
        return _terms(metric, teacher, student, temperature).sum(dim=1)
    t, s = (x.movedim(1, 2).flatten(end_dim=1) for x in (teacher, student))
    return kl_rows(t, s, temperature).view(len(teacher), -1)


def _cumulant_kl(teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """KL of each row the short way; inf or NaN where that does not hold."""
    n, classes = teacher.shape
    dtype, is_narrow = computing_dtype(teacher, student), classes <= _NARROW
    step = next(row_blocks(n, classes), slice(1)).stop
    # three arrays for all blocks: fresh pages cost more than the arithmetic
    work = [
        torch.empty(classes, step, dtype=dtype).T
        if is_narrow
        else torch.empty(step, classes, dtype=dtype)
        for _ in range(3)
    ]
    must_copy = is_narrow or not teacher.dtype == student.dtype == dtype
    scores, totals = torch.empty(n, dtype=dtype), torch.empty(n, dtype=dtype)
    for rows in row_blocks(n, classes):
        t, s = teacher[rows], student[rows]
        x, p, other = (array[: len(t)] for array in work)
        if must_copy:
            t, s = p.copy_(t), x.copy_(s)
        torch.sub(s, t, out=x)  # exact where the two are close
        if temperature != 1:
            x.mul_(1 / temperature)
            t = torch.mul(t, 1 / temperature, out=p)
        torch.exp(t, out=p)  # but for its total; not less the highest, which would be a pass more
        total = torch.sum(p, dim=1, out=totals[rows])
        mean = torch.mul(p, x, out=other).sum(dim=1).div_(total)
        y = x.sub_(mean[:, None])
        excess = torch.expm1(y, out=other).sub_(y).mul_(p)
        torch.sum(excess, dim=1, out=scores[rows])
    scores.div_(totals).clamp_min_(0).log1p_()
    return scores.masked_fill_(totals < _SMALLEST, math.nan)


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
    q.mul_(total_t / total_s)
    terms = torch.where(gap < -1, p * (gap - 1) + q, p * gap.neg().expm1_().add_(gap))
    terms = torch.where(teacher == -math.inf, q, terms)  # 0 log 0 = 0, also where both are
    impossible = (student == -math.inf) & (teacher > -math.inf)
    terms = torch.where(impossible, math.inf, terms)  # even where p underflows to 0
    return terms.clamp_min_(0).mul_(share)


def _jensen_shannon(gap: Tensor, p: Tensor, q: Tensor) -> Tensor:
    """``m/2 ((1 + x) log(1 + x) + (1 - x) log(1 - x))``, ``m = (p + q)/2``, ``p = m (1 + x)``."""
    x = gap.mul(0.5).tanh_()
    curve = torch.special.xlog1py(1 + x, x) + torch.special.xlog1py(1 - x, -x)
    terms = curve.clamp_min_(0).mul_(p + q).mul_(0.25)
    return torch.where((p == 0) & (q == 0), 0.0, terms)
