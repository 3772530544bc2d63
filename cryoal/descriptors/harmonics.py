"""Spherical harmonics on shells about the centre."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.grid import from_centre
from cryoal.descriptors.shell_tables import shell_table
from cryoal.descriptors.sixteen import coarse_side, coarsely

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["Harmonics"]

HIGHEST = 6  # degree
WIDTH = 1.0  # of a shell, in voxels
OUTERMOST = 0.625  # radius, in sides: shells reach into the corners of the box
FLOOR = 1e-3  # under a mean square; noise of variance 1 has 1


class Harmonics(Block):
    r"""Spherical harmonics of Gaussian shells: means, and power by degree.

    With :math:`a_{rlm}` the inner product of the box with
    :math:`\exp(-(|x| - r)^2 / 2w^2)\,Y_{lm}(x)`, r = 0, 1, ... and w = 1 voxel, scaled so that
    noise of variance 1 gives it the variance 1 on average over m: :math:`a_{r00}` with its sign
    (particles are positive), and for l of 1 to 6

    .. math:: \log\Big(10^{-3} + \tfrac{1}{2l + 1} \sum_m a_{rlm}^2\Big)

    Boxes of more than 16 voxels a side are cropped to 16 first (:mod:`cryoal.descriptors.sixteen`).

    All are the same for a box turned or mirrored about its centre voxel (Kazhdan, Funkhouser and
    Rusinkiewicz, 2003), to the grid: quarter turns and mirrors change nothing but rounding, other
    turns change the highest degrees of the inner shells and what the corners hold. A shift changes
    all of them. The missing wedge is fixed in the frame of the box, not of the particle, so that a
    turned particle is another one, blurred along z: even degrees gain, and the means of shells,
    which have the average over directions of what is left, suffer least.
    """

    name = "harmonics"
    version = 1

    def columns(self, side: int) -> int:
        """One for each shell and degree."""
        return len(_radii(coarse_side(side))) * (1 + HIGHEST)

    def of(self, seen: Seen) -> Tensor:
        """Degree 0, 1, ... 6; shells from the centre outwards in each."""
        boxes = seen.once(coarsely)
        side = boxes.shape[-1]
        found = boxes.flatten(1) @ _table(side, boxes.device)
        shells = len(_radii(side))
        rows = [found[:, :shells]]
        for degree in range(1, HIGHEST + 1):
            part = found[:, shells * degree**2 : shells * (degree + 1) ** 2]
            mean = part.reshape(len(part), shells, -1).square().mean(-1)
            rows.append((mean + FLOOR).log())
        return torch.cat(rows, dim=1)


def _radii(side: int) -> list[int]:
    return list(range(int(OUTERMOST * side) + 1))


@lru_cache(maxsize=8)
def _table(side: int, device: torch.device) -> Tensor:
    """``(voxels, columns)``: by degree, then shell, then order."""
    z, y, x = (axis.ravel() for axis in from_centre(side))
    # Faces at -side // 2 have no partner on the other side of the centre.
    inside = np.maximum.reduce([np.abs(z), np.abs(y), np.abs(x)]) < side // 2
    degrees = range(HIGHEST + 1)
    shells = [
        shell_table((z, y, x), radius, WIDTH, degrees, inside.astype(np.float64))
        for radius in _radii(side)
    ]
    columns = [shell[degree] for degree in degrees for shell in shells]
    return torch.from_numpy(np.concatenate(columns, axis=1)).float().to(device)
