"""Boxes cut from a tomogram, each normalised by itself."""

from __future__ import annotations

import torch
from torch import Tensor

from cryoal_kernels.reference.blocks import computing_dtype

__all__ = ["CONSTANT_BELOW", "extract_subvolumes"]

CONSTANT_BELOW = 1e-6  # deviation over mean: what rounding of the mean leaves of a constant box


def extract_subvolumes(
    tomogram: Tensor, corners: Tensor, size: int, zscore: bool, dtype: torch.dtype
) -> Tensor:
    """``(n, 1, size, size, size)``; voxels outside the tomogram get the mean of those inside."""
    computing = computing_dtype(tomogram)
    boxes = torch.empty(len(corners), 1, size, size, size, dtype=dtype, device=tomogram.device)
    for box, corner in zip(boxes, corners.tolist(), strict=True):
        sides = [
            (max(0, low), max(0, min(low + size, full)), low)
            for low, full in zip(corner, tomogram.shape, strict=True)
        ]
        inside = tomogram[tuple(slice(low, high) for low, high, _ in sides)].to(computing)
        mean = inside.mean() if inside.numel() else inside.new_zeros(())
        if zscore:
            inside = inside - mean
            deviation = inside.square().mean().sqrt()
            is_constant = deviation <= CONSTANT_BELOW * mean.abs()
            inside = inside * torch.where(is_constant, 0.0, 1 / deviation)
        box.copy_(torch.zeros_like(mean) if zscore else mean)
        if inside.numel():
            box[0][tuple(slice(low - at, high - at) for low, high, at in sides)] = inside.to(dtype)
    return boxes
