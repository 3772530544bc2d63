"""copick's CSV: ``run_name``, x, y, z in angstrom, a 4 x 4 transform, score and instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.picks import copick_table
from cryoal.io.picks.copick_points import points_of
from cryoal.io.picks.copick_table import TRANSFORM, XYZ
from cryoal.io.picks.table_format import TableFormat, is_our_own
from cryoal.io.picks.write_table import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart

__all__ = ["CopickCsv", "write_copick_csv"]

HEADER = ("run_name", *XYZ, *TRANSFORM, "score", "instance_id")


class CopickCsv(TableFormat):
    """CSV of copick (``copick export picks``, ``copick add picks``), angstrom.

    ``x``, ``y``, ``z`` are the location in angstrom, 0 at the centre of the first voxel;
    ``transform_00`` to ``transform_33`` map the object's space to the tomogram's, and their
    translation is added to the location (copick 1.31.0: ``util/formats.py`` ``write_picks_csv``,
    ``models.py`` ``CopickPoint``, ``full_positions``).
    """

    name = "copick_csv"
    has_shift = True

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By ``run_name``, x, y, z and one more column that copick writes."""
        columns = file.table or {}
        if is_our_own(columns) or not all(label in columns for label in ("run_name", *XYZ)):
            return None
        more = [label for label in (TRANSFORM[0], "score", "instance_id") if label in columns]
        return f"run_name, x, y, z, {more[0]} -> CSV of copick, angstrom" if more else None

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """``x``, ``y`` and ``z``."""
        del columns
        return XYZ

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """As they stand, or times what the user says."""
        del geometry
        return picks.xyz(XYZ, rows) * (picks.coordinate_spacing or 1.0)

    @staticmethod
    def shift(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64] | None:
        """The translation, added."""
        del geometry
        return copick_table.translation(picks, rows)

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """Of the transforms."""
        return copick_table.rotation(columns)

    @staticmethod
    def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``instance_id``."""
        return copick_table.group_column(columns)


def write_copick_csv(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write what copick's own export writes; classes are lost, which it keeps in names of files."""

    def rows(part: ParticlePart) -> Iterator[tuple[str, ...]]:
        points = points_of(part)
        numbers = np.concatenate([points.xyz, points.transform.reshape(-1, 16)], axis=1).tolist()
        told = zip(part.tomogram, numbers, points.score, points.group, strict=True)
        for name, row, score, group in told:
            yield name, *map(repr, row), repr(score), str(group)

    listed = (row for part in parts for row in rows(part))
    write_rows(path, HEADER, listed, "copick_csv")
