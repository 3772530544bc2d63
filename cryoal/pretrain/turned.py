"""A particle that lies another way in the ice, seen by the same tilt series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import grid_sample

from cryoal.simulate.orientation import particle_rotations, random_angles
from cryoal.simulate.wedge import measured

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

__all__ = ["cut_wedge", "freely_turned", "turn"]


def freely_turned(boxes: Tensor, *, mirror: bool, shift: int, rng: np.random.Generator) -> Tensor:
    """Each box of ``(n, c, s, s, s)`` turned about its centre voxel by a rotation of its own.

    Rotations are uniform over all; every second one, by chance, is followed by the inversion where
    `mirror`; shifts are uniform within +- `shift` voxels along each axis.
    """
    n = len(boxes)
    rotations = particle_rotations(random_angles(n, rng))
    if mirror:
        rotations = rotations * rng.choice([-1, 1], size=(n, 1, 1))
    return turn(boxes, rotations, rng.uniform(-shift, shift, (n, 3)))


def turn(boxes: Tensor, rotations: NDArray[np.float64], shifts: NDArray[np.float64]) -> Tensor:
    """What lies at ``r`` from the centre voxel comes to ``rotation @ r + shift``.

    Linear interpolation; `rotations` and `shifts` are of x, y, z. What would come from outside the
    box is its mirror image at the faces, so that there is noise in the corners, as in other boxes.
    """
    side = boxes.shape[-1]
    axis = np.arange(side) - side // 2
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    here = np.stack([x, y, z], axis=-1).reshape(1, -1, 3)
    source = (here - shifts[:, None]) @ rotations + side // 2  # times the inverse, rows of points
    grid = ((2 * source + 1) / side - 1).astype(np.float32)
    grid = grid.reshape(len(boxes), side, side, side, 3)
    return grid_sample(
        boxes,
        torch.from_numpy(grid).to(boxes.device),
        mode="bilinear",
        padding_mode="reflection",
        align_corners=False,
    )


def cut_wedge(boxes: Tensor, tilt_range: float) -> Tensor:
    """Boxes ``(n, c, s, s, s)`` without what tilts of +- `tilt_range` degrees about y lack."""
    side = boxes.shape[-1]
    kept = torch.from_numpy(measured(side, side, 1.0, tilt_range)).to(boxes.device)
    spectra = torch.fft.rfftn(boxes, dim=(-3, -2, -1)) * kept[:, None, :]
    cut: Tensor = torch.fft.irfftn(spectra, s=(side,) * 3, dim=(-3, -2, -1))
    return cut
