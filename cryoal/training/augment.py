"""Changes of a box that leave its class, and the shape of its missing wedge, as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.config import AugmentConfig

__all__ = ["apply_moves", "augment"]

# Signs of z, y, x: nothing, and half turns about z, y, x, which take the wedge of a symmetric tilt
# range to itself. The mirror is the inversion through the centre: no power spectrum changes.
_HALF_TURNS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
_IDENTITY = _HALF_TURNS[:1]


def augment(boxes: Tensor, config: AugmentConfig, rng: np.random.Generator) -> Tensor:
    """A copy of `boxes` ``(n, 1, d, h, w)``, each one turned, mirrored and shifted at random."""
    signs = _HALF_TURNS if config.rotations else _IDENTITY
    if config.mirror:
        signs = np.concatenate([signs, -signs])
    n = len(boxes)
    chosen = signs[rng.integers(len(signs), size=n)]
    shifts = rng.integers(-config.shift, config.shift, size=(n, 3), endpoint=True)
    return apply_moves(boxes, chosen, shifts)


def apply_moves(boxes: Tensor, signs: NDArray[np.int64], shifts: NDArray[np.int64]) -> Tensor:
    """Each box of ``(n, 1, d, h, w)`` with its axes reversed where `signs` is -1, then shifted.

    Axes are reversed about the centre voxel ``side // 2``, where the particle is, and not about the
    middle of the box; `shifts` ``(n, 3)`` are in voxels. Voxels from outside repeat the edge.
    """
    sources = []
    for axis in range(3):
        side = boxes.shape[2 + axis]
        centre = side // 2
        here = np.arange(side)[None, :] - centre - shifts[:, axis, None]
        source = np.clip(centre + signs[:, axis, None] * here, 0, side - 1)
        sources.append(torch.from_numpy(source).to(boxes.device))
    z, y, x = sources
    which = torch.arange(len(boxes), device=boxes.device)[:, None, None, None]
    return boxes[which, 0, z[:, :, None, None], y[:, None, :, None], x[:, None, None, :]][:, None]
