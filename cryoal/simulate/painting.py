"""Molecules turned, shifted and added to volumes, by trilinear interpolation on any device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.simulate.structures import Molecule

__all__ = ["paint"]

AT_ONCE = 4_000_000  # voxels that are sampled together: some 100 MB


def paint(
    volumes: torch.Tensor,
    owner: Sequence[int] | NDArray[np.int64],
    molecule: Molecule,
    centers_zyx: NDArray[np.float64],
    rotations: NDArray[np.float64],
    voxel_spacing: float,
) -> None:
    """Add one molecule many times to `volumes` in place; what lies outside is cut off.

    A voxel at v from a particle's centre gets the reference's density at ``R^T v``.

    Parameters
    ----------
    volumes
        ``(n, d, h, w)`` float32.
    owner
        ``(m,)``: which volume each particle is in.
    centers_zyx
        ``(m, 3)`` in voxels, fractions allowed.
    rotations
        ``(m, 3, 3)`` R, from reference to particle, for columns in x, y, z order.
    """
    device = volumes.device
    reference = torch.from_numpy(molecule.values).to(device)
    half = (reference.shape[0] - 1) / 2 * molecule.spacing  # angstrom from the middle to the faces
    reach = int(np.ceil(half / voxel_spacing))
    edge = 2 * reach + 1
    nearest = np.floor(centers_zyx + 0.5).astype(np.int64)
    steps = (torch.arange(edge, device=device) - reach) * (voxel_spacing / half)
    z, y, x = torch.meshgrid(steps, steps, steps, indexing="ij")
    around = torch.stack([x, y, z], dim=-1).reshape(-1, 3)  # in units of the reference, faces at 1
    turns = torch.from_numpy(rotations.astype(np.float32)).to(device)
    shifts = (nearest - centers_zyx)[:, None, ::-1] * (voxel_spacing / half)  # (m, 1, xyz)
    offsets = torch.from_numpy(shifts.astype(np.float32)).to(device)
    few = max(1, AT_ONCE // edge**3)
    for start in range(0, len(nearest), few):
        part = slice(start, start + few)
        grid = (around + offsets[part]) @ turns[part]  # rows v^T R are (R^T v)^T
        sampled = F.grid_sample(
            reference.expand(len(grid), 1, -1, -1, -1),
            grid.reshape(-1, edge, edge, edge, 3),
            mode="bilinear",
            padding_mode="zeros",
            align_corners=True,
        )
        for number, corner, window in zip(
            owner[part], nearest[part] - reach, sampled[:, 0], strict=True
        ):
            _add(volumes[int(number)], corner, window)


def _add(volume: torch.Tensor, corner: NDArray[np.int64], window: torch.Tensor) -> None:
    """Add `window`, whose first voxel is voxel `corner`, as far as it lies inside `volume`."""
    low = np.maximum(corner, 0)
    high = np.minimum(corner + window.shape, volume.shape)
    if (high <= low).any():
        return
    there = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    here = tuple(slice(a, b) for a, b in zip(low - corner, high - corner, strict=True))
    volume[there] += window[here]
