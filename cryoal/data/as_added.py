"""Whether a tomogram still holds the boxes that were added from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.data.pool_part import PoolPart
    from cryoal.data.tomogram import Tomogram

__all__ = ["require_as_added"]

CHECKED = 2  # since this version of parts a box is known to be the one that was written


def require_as_added(
    part: PoolPart,
    rows: NDArray[np.int64],
    position: NDArray[np.float64],
    tomogram: Tomogram,
    center: float,
) -> None:
    """Cut boxes of `part` as they were cut, and compare them with what was added.

    A file is known by its fingerprint, which misses voxels that changed outside of a few rows.

    Parameters
    ----------
    rows
        Of the part; all in `tomogram`, at the level that they were cut from.
    position
        Of those rows.
    center
        What was put in where there were no voxels.

    Raises
    ------
    DamagedBoxError
        A box is not the one that was added; names it and the tomogram.
    """
    if part.version < CHECKED:
        return
    boxes = part.boxes
    added = np.empty((len(rows), boxes.box, boxes.box, boxes.box), boxes.dtype)
    part.read_into(added, np.arange(len(rows)), rows)
    if part.is_lazy:  # its boxes are compared at each reading
        return
    found, _ = tomogram.cut(position, boxes.box, center)
    found[~np.isfinite(found)] = center  # where boxes were cut anew before; else none is
    changed = (found.astype(boxes.dtype, copy=False) != added).any(axis=(1, 2, 3))
    if changed.any():
        raise part.another_box(int(rows[changed.argmax()]), tomogram.volume.path)
