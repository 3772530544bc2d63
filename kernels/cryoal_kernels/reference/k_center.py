"""Greedy k-center: again and again the row that is farthest from all that were chosen."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cryoal_kernels.reference.blocks import computing_dtype, row_blocks

__all__ = ["greedy_k_center"]


def greedy_k_center(features: Tensor, centers: Tensor, k: int) -> Tensor:
    """Row numbers of the next `k` centers, ``(k,)`` int64; ties go to the first row."""
    dtype = computing_dtype(features)
    nearest = torch.full((len(features),), math.inf, dtype=dtype, device=features.device)
    for center in centers:
        _come_closer(nearest, features, center.to(dtype))
    chosen = torch.empty(k, dtype=torch.int64, device=features.device)
    for step in range(k):
        row = nearest.argmax()
        chosen[step] = row
        _come_closer(nearest, features, features.index_select(0, row[None])[0].to(dtype))
        nearest[row] = -1.0  # nobody twice
    return chosen


def _come_closer(nearest: Tensor, features: Tensor, center: Tensor) -> None:
    for rows in row_blocks(*features.shape):
        distance = (features[rows].to(center.dtype) - center).square_().sum(dim=1)
        distance.nan_to_num_(nan=0.0, posinf=math.inf)
        nearest[rows] = torch.minimum(nearest[rows], distance)
