"""Moduli of solid-harmonic wavelets, in windows about the centre."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.grid import away, disc
from cryoal.descriptors.solid_harmonics import HIGHEST, first_order, scales

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["Wavelets"]

RADII = (0.14, 0.28, 0.45)  # of windows, in sides
FALL = 0.6  # of their edges, in voxels
FLOOR = 1e-6  # under a mean square; noise of variance 1 has 1


class Wavelets(Block):
    """Means of blurred density and of wavelet moduli in three windows, a ball and two shells.

    For each scale of :func:`cryoal.descriptors.solid_harmonics.moduli` and each window: the mean of
    the blurred box (with its sign: particles are positive), and of each degree of 0 to 3 the mean
    of the modulus and the logarithm of its mean square. Degree 0 is the magnitude of the blurred
    box.

    Turning or mirroring a box about its centre voxel changes nothing, to the grid: quarter turns
    change rounding alone. A shift moves density from one window to another; fine scales within a
    window hardly change. The missing wedge blurs each particle along z in the frame of the box, so
    that turns of the particle alone are seen: all moduli of wavelets along z are weaker.
    """

    name = "wavelets"
    version = 1

    def columns(self, side: int) -> int:
        """Of each scale three windows of one mean and four times two numbers."""
        return len(scales(side)) * len(RADII) * (1 + 2 * (HIGHEST + 1))

    def of(self, seen: Seen) -> Tensor:
        """By scale: the blurred box, then modulus and mean square of each degree; windows last."""
        windows = _windows(seen.side, seen.boxes.device)
        rows = []
        for found in seen.once(first_order):
            rows.append(windows @ found.smooth.flatten(0, 2))
            for square in (found.smooth.square(), *found.squares):
                flat = square.flatten(0, 2)
                rows.append(windows @ flat.sqrt())
                rows.append((windows @ flat + FLOOR).log())
        return torch.cat(rows).T.contiguous()


@lru_cache(maxsize=8)
def _windows(side: int, device: torch.device) -> Tensor:
    """``(windows, voxels)``: each sums to 1."""
    discs = [disc(away(side), radius * side, FALL).ravel() for radius in RADII]
    windows = np.diff(np.stack([np.zeros_like(discs[0]), *discs]), axis=0)
    return torch.from_numpy(windows / windows.sum(axis=1, keepdims=True)).float().to(device)
