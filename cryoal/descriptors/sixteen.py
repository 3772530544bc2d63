"""Boxes as 16 voxels a side hold them: what coarse shapes need, at a cost that does not grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.descriptors.crop import fourier_crop

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["SIXTEEN", "coarse_side", "coarsely"]

SIXTEEN = 16


def coarse_side(side: int) -> int:
    """Side of :func:`coarsely` of boxes of that side."""
    return min(side, SIXTEEN)


def coarsely(seen: Seen) -> Tensor:
    """Boxes cropped to 16 voxels a side where they have more; white noise keeps its variance.

    ``(n, side, side, side)``; the centre voxel stays the centre voxel.
    """
    side = coarse_side(seen.side)
    if side == seen.side:
        return seen.boxes
    return fourier_crop(seen.boxes, side).mul_((seen.side / side) ** 1.5)
