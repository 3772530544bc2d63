"""Power by spatial frequency: in shells, and in three zones of direction of each shell."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.grid import away, disc

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["Spectra"]

RADIUS = 0.42  # of the window, in sides
FALL = 0.7  # of its edge, in voxels
FLOOR = 1e-5  # under a mean power; noise of variance 1 has 1


class Spectra(Block):
    """Logarithm of the mean power in shells of spatial frequency, whole and in three zones.

    The box is seen through a soft ball about its centre, less its mean there, so that faces of the
    box leave no cross in its spectrum. Power is divided by the squared window: noise of variance 1
    has a mean power of 1. A zone is that part of a shell where the frequency along z, y or x is the
    largest of the three (a frequency where two are equally large belongs to the first of them).

    Shifts change nothing but what the window cuts off; neither do the moves that keep a symmetric
    missing wedge (half turns, and the inversion), which leave the power spectrum of every zone.
    Other turns leave the shells, and mix zones. A volume and its negative have the same numbers.
    The missing wedge takes most from the zone along z: a turned particle loses other frequencies,
    and the shells, which average what is left over directions, change by what was lost.
    """

    name = "spectra"
    version = 1

    def columns(self, side: int) -> int:
        """One for each frequency of 1 to ``side / 2 - 1`` waves a side, three more from 2 on."""
        return (side // 2 - 1) + 3 * (side // 2 - 2)

    def of(self, seen: Seen) -> Tensor:
        """Shells from low to high frequency, then z, y and x of each."""
        window, share, average = _tables(seen.side, seen.boxes.device)
        mean = seen.boxes.flatten(1) @ share
        held = (seen.boxes - mean[:, None, None, None]) * window
        waves = torch.fft.rfftn(held, dim=(1, 2, 3)).flatten(1)
        power = torch.view_as_real(waves).square().sum(-1)
        return (power @ average + FLOOR).log()


@lru_cache(maxsize=8)
def _tables(side: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """The window; its share in each voxel; ``(frequencies, columns)``: averages of power."""
    window = disc(away(side), RADIUS * side, FALL)
    axis = np.fft.fftfreq(side, 1.0 / side)
    half = np.arange(side // 2 + 1.0)
    waves = np.stack(np.meshgrid(axis, axis, half, indexing="ij"))
    # Each frequency that the half spectrum leaves out has the power of one that is in it.
    times = np.where((half > 0) & (half < side // 2), 2.0, 1.0) * np.ones_like(waves[0])
    shell = np.rint(np.sqrt((waves**2).sum(axis=0)))
    zone = np.abs(waves).argmax(axis=0)
    parts = [shell == q for q in range(1, side // 2)]
    parts += [(shell == q) & (zone == k) for q in range(2, side // 2) for k in range(3)]
    weights = np.stack([(part * times / (part * times).sum()).ravel() for part in parts], axis=1)
    weights /= (window**2).sum()
    made = (window, (window / window.sum()).ravel(), weights)
    first, second, third = (torch.from_numpy(each).float().to(device) for each in made)
    return first, second, third
