"""Boxes from a tomogram that is where the network is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

from cryoal_kernels.ops import selection as ops

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["extract_subvolumes"]


def extract_subvolumes(
    tomogram: Tensor,
    corners: Tensor,
    size: int = 32,
    *,
    normalize: Literal["zscore"] | None = "zscore",
    dtype: torch.dtype = torch.bfloat16,
) -> Tensor:
    """Boxes cut from a tomogram and normalised, each by itself.

    Parameters
    ----------
    tomogram
        ``(d, h, w)``, axes z, y, x, of any real dtype and strides.
    corners
        ``(n, 3)`` int64: the first voxel of each box, z, y, x; may lie outside. On the CPU they are
        checked and moved to the tomogram; elsewhere they are taken as they are, without waiting.
    size
        Edge of the boxes in voxels.
    normalize
        ``"zscore"``: mean 0 and standard deviation 1 (of the population) over the voxels of each
        box; a constant box becomes 0. ``None``: the values themselves.
    dtype
        Of the boxes; they are computed in float32 (float64 for float64).

    Returns
    -------
    Tensor
        ``(n, 1, size, size, size)``. Voxels outside the tomogram count nothing in the mean and get
        it as their value.

    Raises
    ------
    ValueError
        Shapes are wrong, or (corners on the CPU) a box lies wholly outside; names it.
    TypeError
        `corners` are not int64, the tomogram is not real, or `dtype` is not floating.
    """
    if tomogram.ndim != 3 or 0 in tomogram.shape:
        raise ValueError(f"expected a tomogram (d, h, w), found shape {tuple(tomogram.shape)}")
    if corners.ndim != 2 or corners.shape[1] != 3:
        raise ValueError(f"expected corners (n, 3), found shape {tuple(corners.shape)}")
    if corners.dtype != torch.int64:
        raise TypeError(f"expected corners of int64, found {corners.dtype}")
    if tomogram.is_complex() or tomogram.dtype == torch.bool or not dtype.is_floating_point:
        raise TypeError(
            f"expected a real tomogram and floating boxes, found {tomogram.dtype} and {dtype}"
        )
    if size < 1:
        raise ValueError(f"expected a size of at least 1 voxel, found {size}")
    if normalize not in ("zscore", None):
        raise ValueError(f"expected normalize 'zscore' or None, found {normalize!r}")
    if corners.device.type == "cpu":
        shape = torch.tensor(tomogram.shape)
        lost = ((corners <= -size) | (corners >= shape)).any(dim=1)
        if lost.any():
            row = int(lost.int().argmax())
            raise ValueError(
                f"expected boxes that meet the tomogram {tuple(tomogram.shape)},"
                f" found corner {corners[row].tolist()} in row {row}"
            )
    boxes: Tensor = ops.extract_subvolumes(
        tomogram, corners.to(tomogram.device), size, normalize == "zscore", dtype
    )
    return boxes
