"""Spherical harmonics on shells about the centre: their power, and how shells go together."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.grid import away, from_centre
from cryoal.descriptors.real_harmonics import real_harmonics

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["Harmonics"]

HIGHEST = 6  # degree whose power is told
HIGHEST_TOGETHER = 4  # degree whose correlations between shells are told
MOST_SHELLS = 10
WIDTH = 0.6  # of a shell, in distances between shells
REACH = 4.0  # widths of a shell beyond which it is 0
FLOOR = 1e-6  # under a mean square; noise of variance 1 has 1


class Harmonics(Block):
    r"""Spherical harmonics of Gaussian shells: means, power, and correlations between shells.

    With :math:`a_{rlm}` the inner product of the box with
    :math:`\exp(-(|x| - r)^2 / 2w^2)\,Y_{lm}(x)`, scaled so that noise of variance 1 gives it the
    variance 1 on average over m:

    - :math:`a_{r00}`, with its sign: particles are positive;
    - :math:`\log P_{rl}` with :math:`P_{rl} = \sum_m a_{rlm}^2 / (2l + 1)`, halved, l of 1 to 6;
    - :math:`\sum_m a_{rlm} a_{slm} / (2l + 1) / \sqrt{P_{rl} P_{sl}}` for r < s, l of 1 to 4: what
      is seen on one shell in the directions of another.

    All are the same for a box turned or mirrored about its centre voxel (Kazhdan, Funkhouser and
    Rusinkiewicz, 2003; the matrix over r and s is that of Kam, 1980), to the grid: quarter turns
    and mirrors change nothing but rounding, other turns change the highest degrees of the inner
    shells. A shift changes all of them. The missing wedge is fixed in the frame of the box, not of
    the particle, so a turned particle is another one, blurred along z: degrees 1 to 3 suffer least.

    Shells are one voxel apart, or as many as leave no more than 10 of them.
    """

    name = "harmonics"
    version = 1

    def columns(self, side: int) -> int:
        """Means, power and correlations, in this order."""
        shells = len(_radii(side)[0])
        pairs = shells * (shells - 1) // 2
        return shells * (1 + HIGHEST) + pairs * HIGHEST_TOGETHER

    def of(self, seen: Seen) -> Tensor:
        """Means; power by degree, then shell; correlations by degree."""
        tables = _tables(seen.side, seen.boxes.device)
        voxels = seen.boxes.flatten(1)
        shells = [voxels[:, where] @ table for where, table in tables]
        found = torch.stack(shells, dim=1)  # (n, shells, harmonics)
        low, high = torch.triu_indices(len(shells), len(shells), 1, device=voxels.device)
        power, together = [], []
        for degree in range(1, HIGHEST + 1):
            part = found[:, :, degree**2 : (degree + 1) ** 2]
            mean = part.square().mean(-1) + FLOOR
            power.append(mean.log() / 2)
            if degree <= HIGHEST_TOGETHER:
                part = part / mean.sqrt()[:, :, None]
                together.append((part[:, low] * part[:, high]).mean(-1))
        return torch.cat([found[:, :, 0], *power, *together], dim=1)


def _radii(side: int) -> tuple[list[float], float]:
    """Radii of the shells, in voxels, and the distance between two."""
    step = max(1.0, (side // 2 - 1) / MOST_SHELLS)
    number = int((side // 2 - 1) / step + 1e-9)
    return [1.0 + step * i for i in range(number)], step


@lru_cache(maxsize=8)
def _tables(side: int, device: torch.device) -> list[tuple[Tensor, Tensor]]:
    """For each shell the voxels that are on it, and ``(voxels, harmonics)``."""
    z, y, x = (axis.ravel() for axis in from_centre(side))
    distance = away(side).ravel()
    # Voxels of the faces at -side // 2 have no partner on the other side of the centre.
    inside = np.maximum.reduce([np.abs(z), np.abs(y), np.abs(x)]) < side // 2
    radii, step = _radii(side)
    tables = []
    for radius in radii:
        weight = np.exp(-0.5 * ((distance - radius) / (WIDTH * step)) ** 2)
        where = np.flatnonzero(inside & (np.abs(distance - radius) < REACH * WIDTH * step))
        table = real_harmonics(z[where], y[where], x[where], HIGHEST) * weight[where, None]
        for degree in range(HIGHEST + 1):
            part = table[:, degree**2 : (degree + 1) ** 2]  # a view
            part /= np.sqrt((part**2).sum() / (2 * degree + 1))
        tables.append((torch.from_numpy(where), torch.from_numpy(table).float()))
    return [(where.to(device), table.to(device)) for where, table in tables]
