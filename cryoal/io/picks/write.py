"""Particles out again: every column that came in, the target's coordinates, and ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from cryoal.errors import PicksError
from cryoal.registry import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.base import Geometry
    from cryoal.io.star import StarTable

__all__ = ["WRITERS", "ParticlePart", "write_particles"]

WRITERS = Table(
    "export format",
    {
        "relion5": "cryoal.io.picks.write_relion:write_relion5",
        "relion4": "cryoal.io.picks.write_relion:write_relion4",
        "csv": "cryoal.io.picks.write_csv:write_csv",
    },
    "cryoal.exports",
)


@dataclass(frozen=True)
class ParticlePart:
    """Particles that came from one file of picks; everything has one entry a particle.

    `columns` are the source's, as text and in order, and `blocks` its other blocks; `format` is
    the source's name in ``PICKS``. `tomogram` is the name to write, which is the picks' own name
    unless they have none; `geometry` has an entry for each. `coordinate_zyx_angstrom` is before
    and `position_zyx_angstrom` after the origin shift, ``(n, 3)``. `extra` are columns of ours,
    `remarks` lines about all particles, for formats that have comments.
    """

    columns: Mapping[str, Sequence[str]]
    blocks: Mapping[str, StarTable]
    format: str
    keys: Sequence[str]
    tomogram: Sequence[str]
    coordinate_zyx_angstrom: NDArray[np.float64]
    position_zyx_angstrom: NDArray[np.float64]
    geometry: Mapping[str, Geometry]
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)
    remarks: Sequence[str] = ()

    def __post_init__(self) -> None:
        lengths = {
            len(self.tomogram),
            len(self.coordinate_zyx_angstrom),
            len(self.position_zyx_angstrom),
            *map(len, self.columns.values()),
            *map(len, self.extra.values()),
        }
        if lengths != {len(self.keys)}:
            raise ValueError(f"expected {len(self.keys)} entries a column, found {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.keys)


def write_particles(path: Path, to: str, parts: Sequence[ParticlePart]) -> None:
    """Write the particles of all `parts`, in order, to `path` in the format `to`, in one step.

    Columns pass through as the text they were. Where source and target share a convention the
    coordinates do too; otherwise the target's take the place of the source's.

    Raises
    ------
    PicksError
        No particles, or parts that one file cannot hold.
    UnknownNameError
        No format called `to`.
    """
    writer = cast("Callable[[Path, Sequence[ParticlePart]], None]", WRITERS.load(to))
    filled = [part for part in parts if len(part)]
    if not filled:
        raise PicksError(f"expected particles to write to {path}, found none")
    writer(path, filled)
