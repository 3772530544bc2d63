"""The CSV of the CZII challenge: experiment, particle_type, x, y, z in angstrom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.io.picks.table_format import TableFormat, is_our_own
from cryoal.io.picks.write_table import NO_CLASS, decimals, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart

__all__ = ["Czii", "write_czii"]

LABELS = ("experiment", "particle_type", "x", "y", "z")


class Czii(TableFormat):
    """CSV of the CZII challenge (Kaggle 2024): ``experiment, particle_type, x, y, z``, angstrom.

    Angstrom from the centre of the first voxel, as in the copick project that it came with
    (topcup's ``csv2copick`` takes x, y, z over as copick locations, which are angstrom). The order
    of the columns and the column ``id`` make no difference. No poses, no shifts.
    """

    name = "czii"

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By ``experiment`` and ``particle_type`` beside x, y, z."""
        columns = file.table or {}
        if is_our_own(columns) or not all(label in columns for label in LABELS):
            return None
        return "experiment, particle_type -> CSV of the CZII challenge, angstrom"

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """``x``, ``y`` and ``z``."""
        del columns
        return LABELS[2:]

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """As they stand, or times what the user says."""
        del geometry
        return picks.xyz(LABELS[2:], rows) * (picks.coordinate_spacing or 1.0)


def write_czii(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write a submission: a row for each particle, numbered from 0."""
    rows = (
        (name, label or NO_CLASS, *decimals(position[::-1]))
        for part in parts
        for name, label, position in zip(
            part.tomogram, part.labels, part.position_zyx_angstrom, strict=True
        )
    )
    write_rows(
        path, ("id", *LABELS), ((str(number), *row) for number, row in enumerate(rows)), "czii"
    )
