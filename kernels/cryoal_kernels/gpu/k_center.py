"""Greedy k-center on the GPU: two launches for each choice, and nothing waits for the CPU.

Each choice reads all features once, ``n f e`` bytes. The number of the chosen row stays on the
device: the next launch reads it there, so the whole loop can be captured in a graph.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import triton
import triton.language as tl

from cryoal_kernels.gpu.launch import accumulator, launch, power_of_two
from cryoal_kernels.reference.blocks import computing_dtype

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["greedy_k_center"]


@triton.jit(do_not_specialize=["n", "first", "step"])
def closer_kernel(
    x_ptr, center_ptr, chosen_ptr, nearest_ptr, best_ptr, row_ptr,
    x_n, x_f, center_n, center_f, n, n_features, first, step,
    CHOSEN: tl.constexpr, COMPUTE: tl.constexpr, ROWS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Distances to one more center, and the farthest row of each block (the first of equals).

    With `CHOSEN` the center is the row that the step before `step` chose, else row `first` of the
    given ones.
    """
    program = tl.program_id(0).to(tl.int64)
    row = program * ROWS + tl.arange(0, ROWS).to(tl.int64)
    f = tl.arange(0, BLOCK).to(tl.int64)
    center = first.to(tl.int64)
    if CHOSEN:
        center = tl.load(chosen_ptr + step - 1)
    total = tl.zeros((ROWS, BLOCK), COMPUTE)
    for start in range(0, n_features, BLOCK):
        here = f + start
        keep = here < n_features
        c = tl.load(center_ptr + center * center_n + here * center_f, mask=keep, other=0.0)
        at = x_ptr + row[:, None] * x_n + here[None, :] * x_f
        x = tl.load(at, mask=(row[:, None] < n) & keep[None, :], other=0.0)
        difference = x.to(COMPUTE) - c.to(COMPUTE)[None, :]
        total += tl.where(keep[None, :], difference * difference, 0.0)
    distance = tl.sum(total, axis=1)
    distance = tl.where(distance != distance, 0.0, distance)
    nearest = tl.load(nearest_ptr + row, mask=row < n, other=-2.0)
    nearest = tl.where(distance < nearest, distance, nearest)
    if CHOSEN:
        nearest = tl.where(row == center, -1.0, nearest)  # nobody twice
    tl.store(nearest_ptr + row, nearest, mask=row < n)
    best = tl.max(nearest, axis=0)
    tl.store(best_ptr + program, best)
    tl.store(row_ptr + program, tl.min(tl.where(nearest == best, row, n.to(tl.int64)), axis=0))


@triton.jit(do_not_specialize=["blocks", "step"])
def choose_kernel(best_ptr, row_ptr, chosen_ptr, blocks, step, BLOCK: tl.constexpr):
    """The farthest of the blocks' farthest rows, by one program, in a fixed order."""
    lane = tl.arange(0, BLOCK)
    highest = tl.load(best_ptr + lane, mask=lane < blocks, other=-3.0)
    first = tl.load(row_ptr + lane, mask=lane < blocks, other=0)
    for start in range(BLOCK, blocks, BLOCK):
        here = start + lane
        best = tl.load(best_ptr + here, mask=here < blocks, other=-3.0)
        row = tl.load(row_ptr + here, mask=here < blocks, other=0)
        first = tl.where(best > highest, row, first)
        highest = tl.where(best > highest, best, highest)
    top = tl.max(highest, axis=0)
    none = 9223372036854775807
    tl.store(chosen_ptr + step, tl.min(tl.where(highest == top, first, none), axis=0))


def greedy_k_center(features: Tensor, centers: Tensor, k: int) -> Tensor:
    """See :func:`cryoal_kernels.reference.k_center.greedy_k_center`."""
    n, n_features = features.shape
    dtype, device = computing_dtype(features), features.device
    block = power_of_two(n_features, 16, 256)
    rows = max(1, 2048 // block)
    blocks = triton.cdiv(n, rows)
    nearest = torch.full((n,), math.inf, dtype=dtype, device=device)
    # before any center all rows are equally far: the first row of each block stands for it
    best = torch.full((blocks,), math.inf, dtype=dtype, device=device)
    row = torch.arange(blocks, device=device) * rows
    chosen = torch.empty(k, dtype=torch.int64, device=device)

    def closer(center: Tensor, first: int, step: int) -> None:
        launch(
            closer_kernel, blocks, features, center, chosen, nearest, best, row,
            *features.stride(), *center.stride(), n, n_features, first, step,
            CHOSEN=step > 0, COMPUTE=accumulator(features), ROWS=rows, BLOCK=block,
        )  # fmt: skip

    for number in range(len(centers) if k else 0):
        closer(centers, number, 0)
    for step in range(k):
        if step:
            closer(features, 0, step)
        launch(choose_kernel, 1, best, row, chosen, blocks, step, BLOCK=1024)
    return chosen
