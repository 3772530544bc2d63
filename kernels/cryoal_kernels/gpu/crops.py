"""Boxes cut and normalised on the GPU, one program for each.

A box is read three times (mean, deviation, values), from memory once: 32^3 voxels stay in the cache
of the processor that works on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import triton
import triton.language as tl

from cryoal_kernels.gpu.launch import accumulator, launch, power_of_two
from cryoal_kernels.reference.crops import CONSTANT_BELOW

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["extract_subvolumes"]


@triton.jit
def place(start, z0, y0, x0, depth, height, width, SIZE: tl.constexpr, BLOCK: tl.constexpr):
    """Coordinates of `BLOCK` voxels of the box, and whether they are in box and tomogram."""
    i = start + tl.arange(0, BLOCK)
    z = z0 + i // (SIZE * SIZE)
    y = y0 + (i // SIZE) % SIZE
    x = x0 + i % SIZE
    in_box = i < SIZE * SIZE * SIZE
    inside = in_box & (z >= 0) & (z < depth) & (y >= 0) & (y < height) & (x >= 0) & (x < width)
    return i, z, y, x, in_box, inside


@triton.jit
def crop_kernel(
    tomogram_ptr, corner_ptr, box_ptr, stride_z, stride_y, stride_x, depth, height, width,
    SIZE: tl.constexpr, ZSCORE: tl.constexpr, CONSTANT: tl.constexpr,
    COMPUTE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """The box of one corner (int64)."""
    program = tl.program_id(0).to(tl.int64)
    z0 = tl.load(corner_ptr + program * 3)
    y0 = tl.load(corner_ptr + program * 3 + 1)
    x0 = tl.load(corner_ptr + program * 3 + 2)
    total = tl.zeros((BLOCK,), COMPUTE)
    count = tl.zeros((BLOCK,), tl.int32)
    for start in range(0, SIZE * SIZE * SIZE, BLOCK):
        i, z, y, x, in_box, inside = place(start, z0, y0, x0, depth, height, width, SIZE, BLOCK)
        at = tomogram_ptr + z * stride_z + y * stride_y + x * stride_x
        total += tl.load(at, mask=inside, other=0).to(COMPUTE)
        count += inside.to(tl.int32)
    n = tl.maximum(tl.sum(count), 1).to(COMPUTE)
    mean = tl.sum(total) / n
    scale = mean * 0 + 1
    if ZSCORE:
        total = tl.zeros((BLOCK,), COMPUTE)
        for start in range(0, SIZE * SIZE * SIZE, BLOCK):
            i, z, y, x, in_box, inside = place(start, z0, y0, x0, depth, height, width, SIZE, BLOCK)
            at = tomogram_ptr + z * stride_z + y * stride_y + x * stride_x
            value = tl.load(at, mask=inside, other=0).to(COMPUTE) - mean
            total += tl.where(inside, value * value, 0.0)
        deviation = tl.sqrt(tl.sum(total) / n)
        is_constant = deviation <= CONSTANT * tl.abs(mean)
        scale = tl.where(is_constant, 0.0, 1 / tl.where(is_constant, 1.0, deviation))
    for start in range(0, SIZE * SIZE * SIZE, BLOCK):
        i, z, y, x, in_box, inside = place(start, z0, y0, x0, depth, height, width, SIZE, BLOCK)
        at = tomogram_ptr + z * stride_z + y * stride_y + x * stride_x
        value = tl.load(at, mask=inside, other=0).to(COMPUTE)
        if ZSCORE:
            value = tl.where(inside, (value - mean) * scale, 0.0)
        else:
            value = tl.where(inside, value, mean)
        out = box_ptr + program * (SIZE * SIZE * SIZE) + i
        tl.store(out, value.to(box_ptr.dtype.element_ty), mask=in_box)


def extract_subvolumes(
    tomogram: Tensor, corners: Tensor, size: int, zscore: bool, dtype: torch.dtype
) -> Tensor:
    """See :func:`cryoal_kernels.reference.crops.extract_subvolumes`."""
    boxes = torch.empty(len(corners), 1, size, size, size, dtype=dtype, device=tomogram.device)
    launch(
        crop_kernel, len(corners), tomogram, corners.contiguous(), boxes,
        *tomogram.stride(), *tomogram.shape,
        SIZE=size, ZSCORE=zscore, CONSTANT=CONSTANT_BELOW,
        COMPUTE=accumulator(tomogram), BLOCK=power_of_two(size**3, 32, 4096), warps=8,
    )  # fmt: skip
    return boxes
