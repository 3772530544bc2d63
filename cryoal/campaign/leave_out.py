"""Parts of a pool to leave out of learning: its tomograms, or blocks of the only one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign

__all__ = ["Group", "groups_of"]

BLOCKS = 4
"""Parts of the only tomogram of a pool."""


@dataclass(frozen=True)
class Group:
    """The boxes of a tomogram, or of a part of the only one."""

    name: str
    here: NDArray[np.bool_]
    """``(n_boxes,)``: its boxes."""
    near: NDArray[np.bool_]
    """``(n_boxes,)``: these, and those that show a part of them or are of a filament of theirs."""
    is_block: bool = False


def groups_of(campaign: Campaign) -> list[Group]:
    """The tomograms of the pool, or four parts of the only one along its longest axis.

    The parts have the same number of boxes. A box of another part is near when it is less than an
    edge from this one along the axis: the two may overlap; and when it is of a filament with a box
    here.
    """
    pool = campaign.pool
    of_box = np.array(pool.tomogram_names, object)[pool.tomogram]
    names = list(dict.fromkeys(of_box.tolist()))
    if len(names) > 1:
        return [Group(name, of_box == name, of_box == name) for name in names]
    position = pool.position_zyx_angstrom
    axis = int(np.argmax(np.ptp(position, axis=0)))
    along, edge = position[:, axis], pool.box * pool.voxel_spacing
    ends = np.quantile(along, np.linspace(0, 1, BLOCKS + 1))
    part = np.clip(np.searchsorted(ends, along, side="right") - 1, 0, BLOCKS - 1)
    found = []
    for n in np.unique(part):
        here = part == n
        low, high = along[here].min(), along[here].max()
        near = (along > low - edge) & (along < high + edge)
        near |= np.isin(pool.group, pool.group[here])
        name = f"{'zyx'[axis]} {low:.0f} to {high:.0f} A"
        found.append(Group(name, here, near, is_block=True))
    return found
