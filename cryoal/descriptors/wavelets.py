"""Moduli of solid-harmonic wavelets, in windows about the centre."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.grid import away, windows
from cryoal.descriptors.octaves import (
    coarse_moduli,
    coarse_scales,
    fine_moduli,
    fine_scales,
    highest_of,
)
from cryoal.descriptors.sixteen import coarse_side

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen
    from cryoal.descriptors.solid_harmonics import Moduli

__all__ = ["Wavelets"]

RADII = (0.14, 0.28, 0.45, 0.75)  # of windows, in sides; the last holds the corners
FALL = 0.0375  # of their edges, in sides
FLOOR = 1e-6  # under a mean square; noise of variance 1 has 1


class Wavelets(Block):
    """Means of blurred density and of wavelet moduli in four windows: a ball, and three shells.

    For each scale of :mod:`cryoal.descriptors.octaves` but the finest and each window: the mean of
    the blurred box (with its sign: particles are positive), and of each degree of 0 to 4 the mean
    of the modulus of :func:`cryoal.descriptors.solid_harmonics.moduli` and the logarithm of its
    mean square. Degree 0 is the magnitude of the blurred box.

    Turning or mirroring a box about its centre voxel changes nothing, to the grid: quarter turns
    change rounding alone. A shift moves density from one window to another; what stays within a
    window hardly changes. The missing wedge blurs every particle along z in the frame of the box,
    so that turns of the particle alone are seen: all moduli of wavelets along z are weaker.
    """

    name = "wavelets"
    version = 1

    def columns(self, side: int) -> int:
        """Of each scale four windows of one mean and two numbers a degree."""
        return len(RADII) * sum(
            1 + 2 * (1 + highest_of(scale)) for scale in _coarse(side) + fine_scales(side)
        )

    def of(self, seen: Seen) -> Tensor:
        """By scale: the blurred box, moduli, mean squares, degrees rising; windows last."""
        coarse = seen.once(coarse_moduli)[-len(_coarse(seen.side)) :]
        rows = _rows(coarse, coarse_side(seen.side))
        rows += _rows(seen.once(fine_moduli), seen.side)
        return torch.cat(rows).T.contiguous()


def _coarse(side: int) -> list[float]:
    """Scales from a voxel on: finer ones tell of noise before they tell where it is."""
    return [scale for scale in coarse_scales(side) if scale >= 1.0]


def _rows(found: list[Moduli], side: int) -> list[Tensor]:
    rows = []
    for each in found:
        weights = _windows(side, each.smooth.device)
        rows.append(weights @ each.smooth)
        squares = torch.cat([each.smooth.square()[None], each.squares])
        n = squares.shape[-1]
        rows.append((weights @ squares.sqrt()).view(-1, n))
        rows.append((weights @ squares + FLOOR).log().view(-1, n))
    return rows


@lru_cache(maxsize=16)
def _windows(side: int, device: torch.device) -> Tensor:
    table = windows(away(side), [radius * side for radius in RADII], FALL * side)
    return torch.from_numpy(table).float().to(device)
