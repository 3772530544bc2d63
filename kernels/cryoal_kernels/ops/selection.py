"""Boxes from a tomogram and centers from features, as operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from cryoal_kernels.dispatch import implementation
from cryoal_kernels.ops.operator import operator

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["extract_subvolumes", "greedy_k_center"]


@operator("(Tensor tomogram, Tensor corners, int size, bool zscore, ScalarType dtype) -> Tensor")
def extract_subvolumes(
    tomogram: Tensor, corners: Tensor, size: int, zscore: bool, dtype: torch.dtype
) -> Tensor:
    """``(n, 1, size, size, size)`` in `dtype`."""
    functions = implementation(tomogram, "crops")
    boxes: Tensor = functions.extract_subvolumes(tomogram, corners, size, zscore, dtype)
    return boxes


@extract_subvolumes.register_fake
def _(tomogram: Tensor, corners: Tensor, size: int, zscore: bool, dtype: torch.dtype) -> Tensor:
    return tomogram.new_empty((corners.shape[0], 1, size, size, size), dtype=dtype)


@operator("(Tensor features, Tensor centers, int k) -> Tensor")
def greedy_k_center(features: Tensor, centers: Tensor, k: int) -> Tensor:
    """``(k,)`` int64."""
    functions = implementation(features, "k_center")
    rows: Tensor = functions.greedy_k_center(features, centers, k)
    return rows


@greedy_k_center.register_fake
def _(features: Tensor, centers: Tensor, k: int) -> Tensor:
    return features.new_empty((k,), dtype=torch.int64)
