"""Boxes for tests of descriptors."""

from __future__ import annotations

import torch


def noise(n: int, side: int, seed: int = 0) -> torch.Tensor:
    """Boxes of white noise of variance 1."""
    return torch.randn(n, side, side, side, generator=torch.Generator().manual_seed(seed))


def even_about_centre(boxes: torch.Tensor) -> torch.Tensor:
    """Boxes without the faces that have no partner on the other side of the centre voxel."""
    kept = boxes.clone()
    kept[:, 0] = kept[:, :, 0] = kept[:, :, :, 0] = 0
    return kept


def turned(boxes: torch.Tensor, one: int, other: int) -> torch.Tensor:
    """A quarter turn about the centre voxel, in the plane of two axes (1 to 3)."""
    # A reversed axis has its centre voxel one too low: the first face goes around to the last.
    return boxes.transpose(one, other).flip(one).roll(1, one)


def mirrored(boxes: torch.Tensor, axis: int) -> torch.Tensor:
    """The mirror image about the centre voxel along one axis (1 to 3)."""
    return boxes.flip(axis).roll(1, axis)


def delta(side: int, value: float = 1.0) -> torch.Tensor:
    """One box, 0 but for the centre voxel."""
    box = torch.zeros(1, side, side, side)
    box[0, side // 2, side // 2, side // 2] = value
    return box


def gaussian(side: int, scale: float) -> torch.Tensor:
    """One box, 1 in the centre voxel, with that standard deviation."""
    axis = torch.arange(side) - side // 2
    profile = (-0.5 * (axis / scale) ** 2).exp()
    return (profile[:, None, None] * profile[:, None] * profile)[None]
