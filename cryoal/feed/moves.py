"""Moves of a box that leave the shape of its missing wedge as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.config import AugmentConfig

__all__ = ["allowed_moves", "apply_moves"]

# Signs of z, y, x: nothing, and half turns about z, y, x, which take the wedge of a symmetric tilt
# range to itself. The mirror is the inversion through the centre: no power spectrum changes.
_HALF_TURNS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])


def allowed_moves(config: AugmentConfig) -> NDArray[np.int64]:
    """``(moves, 3)``: signs of z, y, x of each move that leaves the class; the first is none.

    Half turns, and with ``config.mirror`` the same after an inversion through the centre.
    """
    signs = _HALF_TURNS if config.rotations else _HALF_TURNS[:1]
    return np.concatenate([signs, -signs]) if config.mirror else signs


def apply_moves(boxes: Tensor, signs: NDArray[np.int64], shifts: NDArray[np.int64]) -> Tensor:
    """Each box of ``(n, c, d, h, w)`` with its axes reversed where `signs` is -1, then shifted.

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
    moved = boxes.movedim(1, -1)[  # (n, d, h, w, c)
        which, z[:, :, None, None], y[:, None, :, None], x[:, None, None, :]
    ]
    return moved.movedim(-1, 1).contiguous()
