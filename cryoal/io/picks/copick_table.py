"""What a point of copick says, as columns: of its CSV, and of what its JSON files become."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.numeral import to_floats
from cryoal.io.picks.poses import are_rotations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.io.picks.picks import Picks

__all__ = ["TRANSFORM", "XYZ", "group_column", "rotation", "translation"]

XYZ = ("x", "y", "z")
TRANSFORM = tuple(f"transform_{row}{column}" for row in range(4) for column in range(4))
TRANSLATION = tuple(f"transform_{row}3" for row in range(3))


def translation(picks: Picks, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """What is to be taken from the location: less the transform's translation, z, y, x."""
    if not all(label in picks.columns for label in TRANSLATION):
        return None
    return -picks.xyz(TRANSLATION, rows) * (picks.coordinate_spacing or 1.0)


def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
    """The upper left of the transforms, which map the object's space to the tomogram's.

    None where the file says not to trust them, where all are the identity, which is what copick
    writes where nobody told one, and where one of them is no rotation.
    """
    labels = [f"transform_{row}{column}" for row in range(3) for column in range(3)]
    if not all(label in columns for label in labels):
        return None
    if set(columns.get("trust_orientation", ())) == {"false"}:
        return None
    try:
        values = np.stack([to_floats(columns[label]) for label in labels], axis=1)
    except ValueError:
        return None
    matrix: NDArray[np.float64] = values.reshape(-1, 3, 3)
    if (matrix == np.eye(3)).all():
        return None
    return matrix if are_rotations(matrix).all() else None


def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
    """``instance_id``, the filament of a point; 0 is none (copick 1.31, ``CopickPoint``)."""
    told = set(columns.get("instance_id", ()))
    return "instance_id" if told - {"", "0", "0.0"} else None
