"""Mean and standard deviation in shells about the centre."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.grid import away

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["Shells"]


class Shells(Block):
    """Mean and standard deviation in shells about the centre voxel ``side // 2``.

    Shells are one voxel thick, and whole shells only. Each number is multiplied by the square root
    of how many voxels it is of (of twice as many for the standard deviation), so that noise of
    variance 1 scatters all of them by about 1, and the distance between two rows of means is that
    between the two spherically averaged boxes.

    No turn or mirror about the centre changes them but for the grid; a shift does. The missing
    wedge takes away the same Fourier components of every particle, so that two orientations of one
    particle differ; what is left in a shell's mean is the average over directions of a spectrum
    with a hole.
    """

    name = "shells"
    version = 1

    def columns(self, side: int) -> int:
        """Two for each whole shell, that of the centre voxel included."""
        return 2 * (side // 2)

    def of(self, seen: Seen) -> Tensor:
        """Means, then standard deviations, from the centre outwards."""
        shell, average, scale = _shells(seen.side, seen.boxes.device)
        # Twice the precision: a shell of 4,000 voxels about a mean of 10 loses 4 digits of float32.
        voxels = seen.boxes.flatten(1).double()
        means = voxels @ average
        inside = torch.cat([means, torch.zeros_like(means[:, :1])], dim=1)
        squares = (voxels - inside[:, shell]).square_() @ average
        return torch.cat([means * scale, squares.sqrt_() * (scale * 2**0.5)], dim=1).float()


@lru_cache(maxsize=8)
def _shells(side: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Shell of each voxel, the last for those in none; ``(voxels, shells)`` of averages; scales."""
    whole = side // 2
    number = np.minimum(np.rint(away(side)).astype(np.int64), whole).ravel()
    count = np.bincount(number, minlength=whole + 1)[:whole].astype(np.float64)
    average = (number[:, None] == np.arange(whole)) / count
    made = (torch.from_numpy(number), torch.from_numpy(average), torch.from_numpy(np.sqrt(count)))
    return made[0].to(device), made[1].to(device), made[2].to(device)
