"""KL of rows and distances of dense maps on the GPU: logits are read once where they fit.

Bytes: ``2 c e`` for each row or voxel, and 4 for its value where it is wanted. Few classes (up to
32) are unrolled with rows or voxels on the lanes: the loop form issues 15 to 40 instructions for a
pair of logits where a two-dimensional tile of 10 classes issues over 120 (kernels.md 0.8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import triton
import triton.language as tl

from cryoal_kernels.gpu.launch import accumulator, collapsed, launch, power_of_two
from cryoal_kernels.gpu.posterior import class_term, row_gap
from cryoal_kernels.reference.blocks import computing_dtype

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["dense_score", "kl_rows"]

_UNROLLED = 32
_IN_ONE_TILE = 4096


@triton.jit
def load_class(ptr, c, stride_c, offsets, inside, COMPUTE: tl.constexpr):
    """Logits of class `c`; outside they are 0, which harms nothing."""
    return tl.load(ptr + c * stride_c + offsets, mask=inside, other=0.0).to(COMPUTE)


@triton.jit
def higher(a, b):
    """The maximum, with NaN where either is."""
    return tl.where((a > b) | (a != a), a, b)


@triton.jit(do_not_specialize=["chunks"])
def dense_kernel(
    t_ptr, s_ptr, mask_ptr, value_ptr, part_ptr,
    t_n, t_c, t_v, s_n, s_c, s_v, voxels, classes, chunks,
    METRIC: tl.constexpr, INVERSE: tl.constexpr, COMPUTE: tl.constexpr,
    MASKED: tl.constexpr, VALUES: tl.constexpr, PARTS: tl.constexpr,
    CLASSES: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """One chunk of voxels of one sample. `CLASSES` > 0: unrolled, loaded once for all passes."""
    program = tl.program_id(0).to(tl.int64)
    sample, chunk = program // chunks, program % chunks
    zero = program * 0  # makes class numbers 64-bit
    v = chunk * BLOCK + tl.arange(0, BLOCK).to(tl.int64)
    inside = v < voxels
    if MASKED:
        inside = inside & (tl.load(mask_ptr + sample * voxels + v, mask=inside, other=0) != 0)
    t_ptr += sample * t_n
    s_ptr += sample * s_n
    t_at, s_at = v * t_v, v * s_v
    max_t = load_class(t_ptr, 0, t_c, t_at, inside, COMPUTE)
    max_s = load_class(s_ptr, 0, s_c, s_at, inside, COMPUTE)
    total_t, total_s = max_t * 0, max_s * 0  # NaN for +-inf: replaced below
    value = tl.zeros((BLOCK,), COMPUTE)
    if CLASSES > 0:
        for c in tl.static_range(1, CLASSES):
            max_t = higher(max_t, load_class(t_ptr, zero + c, t_c, t_at, inside, COMPUTE))
            max_s = higher(max_s, load_class(s_ptr, zero + c, s_c, s_at, inside, COMPUTE))
        total_t, total_s = tl.zeros((BLOCK,), COMPUTE), tl.zeros((BLOCK,), COMPUTE)
        for c in tl.static_range(CLASSES):
            t = load_class(t_ptr, zero + c, t_c, t_at, inside, COMPUTE)
            s = load_class(s_ptr, zero + c, s_c, s_at, inside, COMPUTE)
            total_t += tl.exp((t - max_t) * INVERSE)
            total_s += tl.exp((s - max_s) * INVERSE)
        share_t, share_s = 1 / total_t, 1 / total_s
        gap = row_gap(max_t, total_t, max_s, total_s, INVERSE)
        for c in tl.static_range(CLASSES):
            t = load_class(t_ptr, zero + c, t_c, t_at, inside, COMPUTE)
            s = load_class(s_ptr, zero + c, s_c, s_at, inside, COMPUTE)
            value += class_term(t, s, max_t, max_s, share_t, share_s, gap, METRIC, INVERSE, COMPUTE)
    else:
        for c in range(1, classes):
            max_t = higher(max_t, load_class(t_ptr, zero + c, t_c, t_at, inside, COMPUTE))
            max_s = higher(max_s, load_class(s_ptr, zero + c, s_c, s_at, inside, COMPUTE))
        total_t, total_s = tl.zeros((BLOCK,), COMPUTE), tl.zeros((BLOCK,), COMPUTE)
        for c in range(classes):
            t = load_class(t_ptr, zero + c, t_c, t_at, inside, COMPUTE)
            s = load_class(s_ptr, zero + c, s_c, s_at, inside, COMPUTE)
            total_t += tl.exp((t - max_t) * INVERSE)
            total_s += tl.exp((s - max_s) * INVERSE)
        share_t, share_s = 1 / total_t, 1 / total_s
        gap = row_gap(max_t, total_t, max_s, total_s, INVERSE)
        for c in range(classes):
            t = load_class(t_ptr, zero + c, t_c, t_at, inside, COMPUTE)
            s = load_class(s_ptr, zero + c, s_c, s_at, inside, COMPUTE)
            value += class_term(t, s, max_t, max_s, share_t, share_s, gap, METRIC, INVERSE, COMPUTE)
    if METRIC == "mse":
        value = value / classes
    value += (total_t + total_s) * 0  # NaN where there is no posterior
    value = tl.where(inside, value, 0.0)
    if VALUES:
        tl.store(value_ptr + sample * voxels + v, value, mask=v < voxels)
    if PARTS:
        tl.store(part_ptr + program, tl.sum(value))


@triton.jit(do_not_specialize=["rows"])
def row_kernel(
    t_ptr, s_ptr, score_ptr, rows,
    T_N: tl.constexpr, T_C: tl.constexpr, S_N: tl.constexpr, S_C: tl.constexpr,
    CLASSES: tl.constexpr, INVERSE: tl.constexpr, COMPUTE: tl.constexpr, LOOPED: tl.constexpr,
    ROWS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """A tile of rows with all their classes, or three loops over blocks of classes.

    Strides are constants: then 1000 classes, no multiple of 16, still load 16 bytes at a time.
    """
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS).to(tl.int64)
    lane = tl.arange(0, BLOCK).to(tl.int64)
    t_at, s_at = t_ptr + row[:, None] * T_N, s_ptr + row[:, None] * S_N
    keep = (row[:, None] < rows) & (lane[None, :] < CLASSES)
    nothing = float("-inf")
    t = tl.load(t_at + lane[None, :] * T_C, mask=keep, other=nothing).to(COMPUTE)
    s = tl.load(s_at + lane[None, :] * S_C, mask=keep, other=nothing).to(COMPUTE)
    max_t, max_s = tl.max(t, axis=1), tl.max(s, axis=1)
    if LOOPED:
        for start in range(BLOCK, CLASSES, BLOCK):
            here = (lane + start)[None, :]
            more = (row[:, None] < rows) & (here < CLASSES)
            t = tl.load(t_at + here * T_C, mask=more, other=nothing).to(COMPUTE)
            s = tl.load(s_at + here * S_C, mask=more, other=nothing).to(COMPUTE)
            max_t, max_s = tl.maximum(max_t, tl.max(t, 1)), tl.maximum(max_s, tl.max(s, 1))
        total_t, total_s = tl.zeros((ROWS,), COMPUTE), tl.zeros((ROWS,), COMPUTE)
        for start in range(0, CLASSES, BLOCK):
            here = (lane + start)[None, :]
            more = (row[:, None] < rows) & (here < CLASSES)
            t = tl.load(t_at + here * T_C, mask=more, other=nothing).to(COMPUTE)
            s = tl.load(s_at + here * S_C, mask=more, other=nothing).to(COMPUTE)
            total_t += tl.sum(tl.exp((t - max_t[:, None]) * INVERSE), axis=1)
            total_s += tl.sum(tl.exp((s - max_s[:, None]) * INVERSE), axis=1)
        gap = row_gap(max_t, total_t, max_s, total_s, INVERSE)
        score = tl.zeros((ROWS,), COMPUTE)
        for start in range(0, CLASSES, BLOCK):
            here = (lane + start)[None, :]
            more = (row[:, None] < rows) & (here < CLASSES)
            t = tl.load(t_at + here * T_C, mask=more, other=nothing).to(COMPUTE)
            s = tl.load(s_at + here * S_C, mask=more, other=nothing).to(COMPUTE)
            term = class_term(
                t, s, max_t[:, None], max_s[:, None], (1 / total_t)[:, None],
                (1 / total_s)[:, None], gap[:, None], "kl", INVERSE, COMPUTE,
            )  # fmt: skip
            score += tl.sum(tl.where(more, term, 0.0), axis=1)
    else:
        total_t = tl.sum(tl.exp((t - max_t[:, None]) * INVERSE), axis=1)
        total_s = tl.sum(tl.exp((s - max_s[:, None]) * INVERSE), axis=1)
        gap = row_gap(max_t, total_t, max_s, total_s, INVERSE)
        term = class_term(
            t, s, max_t[:, None], max_s[:, None], (1 / total_t)[:, None], (1 / total_s)[:, None],
            gap[:, None], "kl", INVERSE, COMPUTE,
        )  # fmt: skip
        score = tl.sum(tl.where(keep, term, 0.0), axis=1)
    score += (total_t + total_s) * 0  # NaN where there is no posterior
    tl.store(score_ptr + row, score, mask=row < rows)


def kl_rows(teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """See :func:`cryoal_kernels.reference.scores.kl_rows`."""
    n, classes = teacher.shape
    scores = teacher.new_empty((n,), dtype=computing_dtype(teacher, student))
    if classes <= _UNROLLED:  # rows are the voxels of one sample
        _dense(teacher.T[None], student.T[None], None, "kl", temperature, values=scores, parts=None)
        return scores
    block = power_of_two(classes, 64, _IN_ONE_TILE)
    rows = max(1, 1024 // block)
    launch(
        row_kernel, triton.cdiv(n, rows), teacher, student, scores, n,
        T_N=teacher.stride(0), T_C=teacher.stride(1),
        S_N=student.stride(0), S_C=student.stride(1), CLASSES=classes,
        INVERSE=1 / temperature, COMPUTE=accumulator(teacher, student),
        LOOPED=classes > block, ROWS=rows, BLOCK=block, warps=4 if block <= 1024 else 8,
    )  # fmt: skip
    return scores


def dense_score(
    teacher: Tensor,
    student: Tensor,
    mask: Tensor | None,
    metric: str,
    temperature: float,
    want_map: bool,
) -> tuple[Tensor, Tensor]:
    """See :func:`cryoal_kernels.reference.scores.dense_score`."""
    t, s = collapsed(teacher), collapsed(student)
    n, _, voxels = t.shape
    dtype = computing_dtype(t, s)
    kept = None if mask is None else mask.flatten(start_dim=1).contiguous()
    whole = t.new_empty((n, voxels) if want_map else (0, 0), dtype=dtype)
    parts = t.new_empty((n, triton.cdiv(voxels, _block(t, s, metric))), dtype=dtype)
    _dense(t, s, kept, metric, temperature, values=whole if want_map else None, parts=parts)
    counts = voxels if kept is None else kept.sum(dim=1)
    return parts.sum(dim=1) / counts, whole


def _dense(
    t: Tensor,
    s: Tensor,
    mask: Tensor | None,
    metric: str,
    temperature: float,
    *,
    values: Tensor | None,
    parts: Tensor | None,
) -> None:
    n, classes, voxels = t.shape
    block = _block(t, s, metric)
    chunks = triton.cdiv(voxels, block)
    unused = t  # a pointer that is not followed
    constants: dict[str, Any] = {
        "METRIC": metric,
        "INVERSE": 1 / temperature,
        "COMPUTE": accumulator(t, s),
        "MASKED": mask is not None,
        "VALUES": values is not None,
        "PARTS": parts is not None,
        "CLASSES": classes if classes <= _UNROLLED else 0,
        "BLOCK": block,
    }
    launch(
        dense_kernel, n * chunks, t, s,
        unused if mask is None else mask.view(torch.uint8),
        unused if values is None else values,
        unused if parts is None else parts,
        *t.stride(), *s.stride(), voxels, classes, chunks, **constants,
    )  # fmt: skip


def _block(t: Tensor, s: Tensor, metric: str) -> int:
    """Voxels of a chunk: 16 bytes for each of 128 threads where voxels lie side by side."""
    if t.stride(2) != 1 or s.stride(2) != 1:
        return 128
    if metric == "js" and t.element_size() < 8:
        return 256  # 512 spill registers with Triton 3.9: 568 bytes on sm_90, 255 registers
    return {8: 256, 4: 512, 2: 1024}[max(t.element_size(), s.element_size())]
