"""Picks that an import left out, and why: a list for the user, kept with the part."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.errors import PoolError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.sources import Source

__all__ = ["NOT_FINITE", "OUTSIDE", "LeftOut", "counted", "from_columns", "left_out", "to_columns"]

OUTSIDE = "outside its tomogram"
NOT_FINITE = "a voxel of its box is NaN or infinite"


@dataclass(frozen=True)
class LeftOut:
    """A pick of which there is no box."""

    key: str
    """Empty where the file names no particles: running numbers are those of boxes."""
    tomogram: str
    row: int
    """In the file of picks, counted from 1."""
    reason: str
    x_angstrom: float
    y_angstrom: float
    z_angstrom: float


def left_out(source: Source, which: NDArray[np.bool_], reason: str) -> list[LeftOut]:
    """The picks of `source` for which `which` is true."""
    at = np.flatnonzero(which).tolist()
    position = source.located.position_zyx_angstrom
    return [
        LeftOut(
            source.keys[i],
            source.name,
            int(source.rows[i]) + 1,
            reason,
            *(round(float(x), 3) for x in position[i, ::-1]),
        )
        for i in at
    ]


def counted(found: Sequence[LeftOut]) -> dict[str, int]:
    """How many by reason, in the order of the first of each."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.reason] = counts.get(one.reason, 0) + 1
    return counts


def to_columns(found: Sequence[LeftOut]) -> dict[str, list[Any]]:
    """As a part keeps them: a list of values by the name of each column."""
    return {field.name: [getattr(one, field.name) for one in found] for field in fields(LeftOut)}


def from_columns(columns: object, path: Path) -> list[LeftOut]:
    """What :func:`to_columns` gave; PoolError where it is no such table."""
    names = [field.name for field in fields(LeftOut)]
    if not isinstance(columns, dict) or not all(
        isinstance(columns.get(name), list) for name in names
    ):
        raise PoolError(f"expected a list of picks that were left out in {path}, found another")
    return [LeftOut(*row) for row in zip(*(columns[name] for name in names), strict=False)]
