"""The power spectrum of a box, seen through a soft ball."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.descriptors.grid import away, disc

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["frequencies", "power"]

RADIUS = 0.42  # of the ball, in sides
FALL = 0.7  # of its edge, in voxels


def power(seen: Seen) -> Tensor:
    """``(n, frequencies)``: squared Fourier components; noise of variance 1 has 1 on average.

    The box is multiplied by a soft ball about its centre, after its mean there was taken off, so
    that the faces of the box leave no cross in its spectrum.
    """
    window, share = _window(seen.side, seen.boxes.device)
    mean = seen.boxes.flatten(1) @ share
    held = (seen.boxes - mean[:, None, None, None]) * window
    waves = torch.view_as_real(torch.fft.rfftn(held, dim=(1, 2, 3)))
    return waves.square().sum(-1).flatten(1)


def frequencies(side: int) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    """z, y, x of each frequency, in waves a side; and how many it stands for.

    Each ``(frequencies,)``. Half of the spectrum is told, because the other half is the same.
    """
    axis = np.fft.fftfreq(side, 1.0 / side)
    half = np.arange(side // 2 + 1.0)
    points = [each.ravel() for each in np.meshgrid(axis, axis, half, indexing="ij")]
    return points, np.where((points[2] > 0) & (points[2] < side // 2), 2.0, 1.0)


@lru_cache(maxsize=8)
def _window(side: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """The ball, of mean square 1 by voxel of noise; the share of each voxel in a mean."""
    ball = disc(away(side), RADIUS * side, FALL)
    held = torch.from_numpy(ball / np.sqrt((ball**2).sum()))
    share = torch.from_numpy((ball / ball.sum()).ravel())
    return held.float().to(device), share.float().to(device)
