"""Scales of wavelets, from less than a voxel to a sixth of a box, and what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.descriptors.sixteen import SIXTEEN, coarse_side, coarsely
from cryoal.descriptors.solid_harmonics import Moduli, moduli

if TYPE_CHECKING:
    from cryoal.descriptors.base import Seen

__all__ = ["coarse_moduli", "coarse_scales", "fine_moduli", "fine_scales", "highest_of"]

COARSE = (0.7, 1.0, 1.6, 2.6)  # standard deviations of Gaussians, in voxels of 16 a side
COARSEST = 1 / 5  # scale, in sides: its wavelets reach as far as the box does
FINEST = 0.7  # in voxels of the box itself
RATIO = 2**0.5  # of a fine scale to the next finer one
APART = 0.9  # a fine scale is less than this share of the finest coarse one
HIGHEST = 4  # degree, from a scale of a voxel on; a finer Gaussian holds 3


def coarse_scales(side: int) -> list[float]:
    """In voxels of the box of at most 16 a side."""
    return [scale for scale in COARSE if scale <= coarse_side(side) * COARSEST]


def fine_scales(side: int) -> list[float]:
    """In voxels of the box itself: finer than the finest that 16 a side can hold."""
    found, scale = [], FINEST
    while scale < APART * COARSE[0] * side / SIXTEEN:
        found.append(scale)
        scale *= RATIO
    return found


def highest_of(scale: float) -> int:
    """Highest degree of the wavelets of that scale."""
    return HIGHEST if scale >= 1.0 else HIGHEST - 1


def coarse_moduli(seen: Seen) -> list[Moduli]:
    """What wavelets of each of the coarse scales find in boxes of at most 16 voxels a side."""
    boxes = seen.once(coarsely)
    return [moduli(boxes, scale, highest_of(scale)) for scale in coarse_scales(seen.side)]


def fine_moduli(seen: Seen) -> list[Moduli]:
    """What wavelets of each of the fine scales find; none in boxes of at most 16 voxels a side."""
    return [moduli(seen.boxes, scale, highest_of(scale)) for scale in fine_scales(seen.side)]
