"""Where the particles of a pool are in their boxes, and how they lie, by the picks they came as."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from cryoal.data.tomogram import nearest_voxel
from cryoal.io.picks import PICKS
from cryoal.io.picks.poses import are_rotations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.data.pool import Pool
    from cryoal.io.picks.base import PickFormat

__all__ = ["off_centre", "pose_of_each"]


def pose_of_each(pool: Pool) -> NDArray[np.float64]:
    """``(n, 3, 3)`` acting on x, y, z: from the particle's frame to the tomogram's; nan: unknown.

    Picks whose poses are all the same have none: pickers fill the columns of angles with zeros.
    """
    found = np.full((len(pool), 3, 3), np.nan)
    for part in pool.parts:
        convention = cast("type[PickFormat]", PICKS.load(part.source_format))
        poses = convention.rotation(part.columns())
        if poses is None or (len(poses) > 1 and np.ptp(poses, axis=0).max() < 1e-6):
            continue
        are_sound = are_rotations(poses)
        found[part.start : part.stop][are_sound] = poses[are_sound]
    return found


def off_centre(pool: Pool, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """``(m, 3)`` z, y, x in voxels, -0.5 to 0.5: from voxel ``box // 2`` to the particle."""
    records = [pool.tomograms[t] for t in pool.tomogram[rows].tolist()]
    offset = np.array([record.offset_zyx for record in records], np.float64).reshape(-1, 3)
    spacing = np.array([record.voxel_spacing for record in records], np.float64)[:, None]
    place = (pool.position_zyx_angstrom[rows] - offset) / spacing
    return np.asarray(place - nearest_voxel(place, 1.0))
