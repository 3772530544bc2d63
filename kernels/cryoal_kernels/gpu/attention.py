"""Eq. 1 on the GPU: features are read once to make maps and once to make gradients.

Bytes per feature element of ``e`` bytes: map ``e``, gradient ``2 e`` (``3 e`` with the gradient of
the next layer added). Everything between is as small as the maps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import triton
import triton.language as tl

from cryoal_kernels.gpu.launch import accumulator, collapsed, launch, power_of_two
from cryoal_kernels.reference.blocks import computing_dtype

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["attention_map", "attention_map_backward", "map_distance", "map_distance_backward"]

_ENOUGH_PROGRAMS = 512  # about two for each of the 132 processors of an H100, and then twice that


@triton.jit(do_not_specialize=["blocks"])
def map_kernel(
    x_ptr, map_ptr, stride_n, stride_c, stride_v, channels, voxels, blocks,
    COMPUTE: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_V: tl.constexpr,
):  # fmt: skip
    """One block of voxels of one sample: a tile of running sums, added up at the end."""
    program = tl.program_id(0).to(tl.int64)
    sample, block = program // blocks, program % blocks
    v = block * BLOCK_V + tl.arange(0, BLOCK_V).to(tl.int64)
    c = tl.arange(0, BLOCK_C).to(tl.int64)
    inside = v < voxels
    x_at = x_ptr + sample * stride_n + v[None, :] * stride_v
    total = tl.zeros((BLOCK_C, BLOCK_V), dtype=COMPUTE)
    for start in range(0, channels, BLOCK_C):
        here = (c + start)[:, None]
        keep = (here < channels) & inside[None, :]
        x = tl.load(x_at + here * stride_c, mask=keep, other=0.0).to(COMPUTE)
        total += x * x
    tl.store(map_ptr + sample * voxels + v, tl.sum(total, axis=0), mask=inside)


@triton.jit(do_not_specialize=["v_blocks", "c_blocks"])
def map_backward_kernel(
    x_ptr, grad_map_ptr, also_ptr, grad_ptr,
    x_n, x_c, x_v, map_n, map_v, also_n, also_c, also_v, grad_n, grad_c, grad_v,
    channels, voxels, v_blocks, c_blocks,
    COMPUTE: tl.constexpr, ALSO: tl.constexpr, BLOCK_C: tl.constexpr, BLOCK_V: tl.constexpr,
):  # fmt: skip
    """``2 x grad_map``, plus the gradient of whoever else reads the features."""
    program = tl.program_id(0).to(tl.int64)
    sample, rest = program // (v_blocks * c_blocks), program % (v_blocks * c_blocks)
    v = (rest % v_blocks) * BLOCK_V + tl.arange(0, BLOCK_V).to(tl.int64)
    c = (rest // v_blocks) * BLOCK_C + tl.arange(0, BLOCK_C).to(tl.int64)
    factor = tl.load(grad_map_ptr + sample * map_n + v * map_v, mask=v < voxels, other=0.0)
    c, v = c[:, None], v[None, :]
    keep = (c < channels) & (v < voxels)
    x = tl.load(x_ptr + sample * x_n + c * x_c + v * x_v, mask=keep, other=0.0).to(COMPUTE)
    grad = x * (2 * factor.to(COMPUTE))[None, :]
    if ALSO:
        place = also_ptr + sample * also_n + c * also_c + v * also_v
        grad += tl.load(place, mask=keep, other=0.0).to(COMPUTE)
    place = grad_ptr + sample * grad_n + c * grad_c + v * grad_v
    tl.store(place, grad.to(grad_ptr.dtype.element_ty), mask=keep)


@triton.jit
def distance_kernel(
    student_ptrs, teacher_ptrs, student_strides, teacher_strides, sizes, distance_ptr, state_ptr,
    MODULES: tl.constexpr, SQUARED: tl.constexpr, EPS: tl.constexpr,
    COMPUTE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """One sample of one module: norms first, then the norm of the difference.

    Never ``2 - 2 cos``, which cancels where the maps are alike.
    """
    program = tl.program_id(0).to(tl.int64)
    sample, module = program // MODULES, program % MODULES
    for one in tl.static_range(MODULES):
        if module == one:
            s_ptr = student_ptrs[one] + sample * student_strides[one][0]
            t_ptr = teacher_ptrs[one] + sample * teacher_strides[one][0]
            s_v, t_v, voxels = student_strides[one][1], teacher_strides[one][1], sizes[one]
            lanes = tl.arange(0, BLOCK).to(tl.int64)
            sum_s, sum_t = tl.zeros((BLOCK,), COMPUTE), tl.zeros((BLOCK,), COMPUTE)
            for start in range(0, voxels, BLOCK):
                v = start + lanes
                s = tl.load(s_ptr + v * s_v, mask=v < voxels, other=0.0).to(COMPUTE)
                t = tl.load(t_ptr + v * t_v, mask=v < voxels, other=0.0).to(COMPUTE)
                sum_s += s * s
                sum_t += t * t
            norm_s, norm_t = tl.sqrt(tl.sum(sum_s)), tl.sqrt(tl.sum(sum_t))
            is_dead_s, is_dead_t = norm_s < EPS, norm_t < EPS
            norm_s, norm_t = tl.where(is_dead_s, EPS, norm_s), tl.where(is_dead_t, EPS, norm_t)
            total = tl.zeros((BLOCK,), COMPUTE)
            sum_s, sum_t = tl.zeros((BLOCK,), COMPUTE), tl.zeros((BLOCK,), COMPUTE)
            for start in range(0, voxels, BLOCK):
                v = start + lanes
                s = tl.load(s_ptr + v * s_v, mask=v < voxels, other=0.0).to(COMPUTE)
                t = tl.load(t_ptr + v * t_v, mask=v < voxels, other=0.0).to(COMPUTE)
                u, w = s / norm_s, t / norm_t
                difference = u - w
                total += difference * difference
                sum_s += u * difference
                sum_t -= w * difference
            square = tl.sum(total)
            norm = tl.sqrt(square)
            if SQUARED:
                distance, slope = square / voxels, 2 / (square * 0 + voxels)
            else:
                distance, slope = norm, tl.where(norm == 0, 0.0, 1 / tl.where(norm == 0, 1.0, norm))
            tl.store(distance_ptr + program, distance)
            tl.store(state_ptr + program * 5, norm_s)
            tl.store(state_ptr + program * 5 + 1, norm_t)
            tl.store(state_ptr + program * 5 + 2, slope)
            tl.store(state_ptr + program * 5 + 3, tl.where(is_dead_s, 0.0, tl.sum(sum_s)))
            tl.store(state_ptr + program * 5 + 4, tl.where(is_dead_t, 0.0, tl.sum(sum_t)))


@triton.jit(do_not_specialize=["blocks"])
def distance_backward_kernel(
    student_ptrs, teacher_ptrs, student_strides, teacher_strides, sizes,
    grad_ptr, grad_n, grad_m, state_ptr, student_grads, teacher_grads, blocks,
    MODULES: tl.constexpr, BOTH: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """One block of voxels of one sample; the blocks of all modules stand in one row."""
    program = tl.program_id(0).to(tl.int64)
    sample, block = program // blocks, program % blocks
    first = block * 0
    for one in tl.static_range(MODULES):
        voxels = sizes[one]
        here = (voxels + BLOCK - 1) // BLOCK
        if (block >= first) & (block < first + here):
            state = state_ptr + (sample * MODULES + one) * 5
            norm_s, norm_t = tl.load(state), tl.load(state + 1)
            slope = tl.load(state + 2) * tl.load(grad_ptr + sample * grad_n + one * grad_m)
            v = (block - first) * BLOCK + tl.arange(0, BLOCK).to(tl.int64)
            s_ptr = student_ptrs[one] + sample * student_strides[one][0]
            t_ptr = teacher_ptrs[one] + sample * teacher_strides[one][0]
            s = tl.load(s_ptr + v * student_strides[one][1], mask=v < voxels, other=0.0)
            t = tl.load(t_ptr + v * teacher_strides[one][1], mask=v < voxels, other=0.0)
            u, w = s.to(COMPUTE) / norm_s, t.to(COMPUTE) / norm_t
            grad = slope / norm_s * (u - w - tl.load(state + 3) * u)
            place = sample * voxels + v
            tl.store(student_grads[one] + place, grad, mask=v < voxels)
            if BOTH:
                grad = slope / norm_t * (w - u - tl.load(state + 4) * w)
                tl.store(teacher_grads[one] + place, grad, mask=v < voxels)
        first += here


def attention_map(features: Tensor) -> Tensor:
    """See :func:`cryoal_kernels.reference.attention.attention_map`."""
    x = collapsed(features)
    n, channels, voxels = x.shape
    maps = torch.empty(n, voxels, dtype=computing_dtype(x), device=x.device)
    block_c, block_v = _tile(x, n)
    blocks = triton.cdiv(voxels, block_v)
    launch(
        map_kernel, n * blocks, x, maps, *x.stride(), channels, voxels, blocks,
        COMPUTE=accumulator(x), BLOCK_C=block_c, BLOCK_V=block_v,
    )  # fmt: skip
    return maps


def attention_map_backward(features: Tensor, grad_map: Tensor, also: Tensor | None) -> Tensor:
    """See :func:`cryoal_kernels.reference.attention.attention_map_backward`."""
    x = collapsed(features)
    n, channels, voxels = x.shape
    grad = torch.empty_like(x)
    more = x if also is None else collapsed(also)
    block_c, block_v = _tile(x, n)
    v_blocks, c_blocks = triton.cdiv(voxels, block_v), triton.cdiv(channels, block_c)
    launch(
        map_backward_kernel, n * v_blocks * c_blocks, x, grad_map, more, grad,
        *x.stride(), *grad_map.stride(), *more.stride(), *grad.stride(),
        channels, voxels, v_blocks, c_blocks,
        COMPUTE=accumulator(x), ALSO=also is not None, BLOCK_C=block_c, BLOCK_V=block_v,
    )  # fmt: skip
    return grad.view(features.shape)


def map_distance(
    student: Sequence[Tensor], teacher: Sequence[Tensor], squared: bool, eps: float
) -> tuple[Tensor, Tensor]:
    """See :func:`cryoal_kernels.reference.attention.map_distance`."""
    n, modules, dtype = len(student[0]), len(student), computing_dtype(*student, *teacher)
    distance = student[0].new_empty((n, modules), dtype=dtype)
    state = student[0].new_empty((n, modules, 5), dtype=dtype)
    largest = max(s.shape[1] for s in student)
    launch(
        distance_kernel, n * modules, *_rows(student, teacher), distance, state,
        MODULES=modules, SQUARED=squared, EPS=eps,
        COMPUTE=accumulator(distance), BLOCK=power_of_two(largest, 32, 1024), warps=8,
    )  # fmt: skip
    return distance, state


def map_distance_backward(
    grad: Tensor, student: Sequence[Tensor], teacher: Sequence[Tensor], state: Tensor, both: bool
) -> list[Tensor]:
    """See :func:`cryoal_kernels.reference.attention.map_distance_backward`."""
    grads_s = [torch.empty(s.shape, dtype=s.dtype, device=s.device) for s in student]
    grads_t = [torch.empty(t.shape, dtype=t.dtype, device=t.device) for t in teacher if both]
    block = 1024
    blocks = sum(triton.cdiv(s.shape[1], block) for s in student)
    launch(
        distance_backward_kernel, len(grad) * blocks, *_rows(student, teacher),
        grad, *grad.stride(), state, tuple(grads_s), tuple(grads_t or grads_s), blocks,
        MODULES=len(student), BOTH=both, COMPUTE=accumulator(state), BLOCK=block,
    )  # fmt: skip
    return grads_s + grads_t


def _rows(student: Sequence[Tensor], teacher: Sequence[Tensor]) -> tuple[tuple[object, ...], ...]:
    """Pointers, strides and sizes of all modules, for one launch."""
    return (
        tuple(student),
        tuple(teacher),
        tuple(s.stride() for s in student),
        tuple(t.stride() for t in teacher),
        tuple(s.shape[1] for s in student),
    )


def _tile(x: Tensor, n: int) -> tuple[int, int]:
    """Channels and voxels of a tile: 2048 elements whose lanes lie side by side in memory."""
    channels, voxels = x.shape[1:]
    if x.stride(1) == 1 and channels > 1:  # channels last
        return power_of_two(channels, 8, 64), power_of_two(voxels, 8, 32)
    block_v = power_of_two(voxels, 8, 256)
    while block_v > 16 and n * triton.cdiv(voxels, block_v) < _ENOUGH_PROGRAMS:
        block_v //= 2  # coarse maps of many channels: more programs, no second pass over parts
    return power_of_two(channels, 8, 2048 // block_v), block_v
