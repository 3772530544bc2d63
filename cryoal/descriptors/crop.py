"""Fewer voxels for boxes that have nothing at high spatial frequencies."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from cryoal.descriptors.base import SMALLEST, Seen

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ENERGY_KEPT", "fourier_crop", "smallest_side"]

ENERGY_KEPT = 0.97  # of the variance of the boxes
SMALLEST_KEPT = 16  # side below which nothing is cropped: it costs little already


@torch.no_grad()
def fourier_crop(boxes: Tensor, side: int) -> Tensor:
    """Boxes of `side` voxels over the same space, without the frequencies these cannot hold.

    The centre voxel stays the centre voxel: voxel ``side // 2`` of the result is where voxel
    ``boxes.shape[-1] // 2`` of the box was. Exact for a box without frequencies of ``side / 2`` or
    more waves a side; waves of exactly ``side / 2`` are left out, because as many voxels cannot
    hold their phase. Values keep their scale, so that noise of variance 1 has a variance of
    ``(side / boxes.shape[-1]) ** 3`` afterwards.

    Parameters
    ----------
    boxes
        ``(n, d, h, w)``, d = h = w even.
    side
        Even, and that of the boxes at most; boxes of this side are given back as they are.

    Raises
    ------
    ValueError
        Another `side`, or boxes of another shape.
    """
    boxes = Seen(boxes).boxes
    old = boxes.shape[-1]
    if side == old:
        return boxes
    if side % 2 or not SMALLEST <= side < old:
        raise ValueError(f"expected an even side of {SMALLEST} to {old}, found {side}")
    down = _resample(old, side, boxes.device)
    for _ in range(3):  # contract the last axis and put the new one first: x, then y, then z
        boxes = torch.tensordot(down, boxes, dims=([1], [3])).movedim(0, 1)
    return boxes.contiguous()


@torch.no_grad()
def smallest_side(boxes: Tensor, energy: float = ENERGY_KEPT) -> int:
    """Least even side, of 16 or more, at which :func:`fourier_crop` keeps enough of all boxes.

    The side of the boxes themselves where none does: boxes that were cut from a tomogram without a
    filter have most of their variance, which is noise, at high frequencies.

    Parameters
    ----------
    boxes
        ``(n, d, h, w)`` of one pool; a few dozen are enough.
    energy
        Share of the variance about each box's mean that must stay.
    """
    seen = Seen(boxes)
    old = seen.side
    held = seen.boxes - seen.boxes.mean((1, 2, 3), keepdim=True)
    waves = torch.fft.rfftn(held, dim=(1, 2, 3))
    power = torch.view_as_real(waves).square().sum(-1).double().mean(0)
    power[:, :, 1 : old // 2] *= 2  # and the half that is left out
    axis = torch.fft.fftfreq(old, 1 / old, device=power.device).abs()
    z, y, x = torch.meshgrid(axis, axis, axis[: old // 2 + 1], indexing="ij")
    highest = torch.maximum(torch.maximum(z, y), x)
    for side in range(SMALLEST_KEPT, old, 2):
        if power[highest < side / 2].sum() >= energy * power.sum():
            return side
    return old


@lru_cache(maxsize=16)
def _resample(old: int, new: int, device: torch.device) -> Tensor:
    """``(new, old)``: one axis, by the waves of less than ``new / 2`` a side."""
    there = (torch.arange(new, dtype=torch.float64) - new // 2) / new
    here = (torch.arange(old, dtype=torch.float64) - old // 2) / old
    turns = 2 * torch.pi * (there[:, None] - here)
    waves = torch.arange(1, new // 2, dtype=torch.float64)[:, None, None]
    return ((1 + 2 * (waves * turns).cos().sum(0)) / old).float().to(device)
