"""CSV: ``key``, ``tomogram`` and x, y, z in voxels or angstrom from the first voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.star_columns import relion_rotation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["CsvPicks"]

KEYS = ("key", "particle")
TOMOGRAMS = ("tomogram", "tomo", "tomo_name", "tomogram_name", "experiment", "run")
CZII = ("id", "experiment", "particle_type", "x", "y", "z")  # Kaggle's columns: angstrom


class CsvPicks(PickFormat):
    """Columns ``x_angstrom``, ``x_voxel`` or plain ``x``, which is voxels.

    They say where the particle is: origin columns that came along from a STAR file are no part of
    it.
    """

    name = "csv"
    has_shift = False

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By three coordinate columns."""
        labels, unit = _coordinates(file.table or {})
        return f"{', '.join(labels)} -> CSV, {unit}" if labels else None

    @staticmethod
    def read(file: PickFile) -> Contents:
        """All columns."""
        if file.table is None:
            raise PicksError(f"expected a table with a header line, found none in {file.path}")
        return Contents(file.table)

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """The column of that name; without one, a single tomogram without a name."""
        del path
        for label in TOMOGRAMS:
            if label in columns:
                return columns[label]
        return [""] * len(next(iter(columns.values()), []))

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """``rlnAngleRot`` and its like, as RELION means them."""
        return relion_rotation(columns)

    @staticmethod
    def key_column(columns: StarTable) -> str | None:
        """``key`` or ``particle``."""
        return next((label for label in KEYS if label in columns), None)

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The three found, angstrom before voxels."""
        return _coordinates(columns)[0]

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the unit of the columns."""
        labels, unit = _coordinates(picks.columns)
        if not labels:
            raise PicksError(
                "expected columns x, y, z (or x_angstrom, x_voxel and so on), found "
                f"{', '.join(picks.columns)} in {picks.path}"
            )
        coordinate = picks.xyz(labels, rows)
        if unit == "angstrom":
            return coordinate
        return coordinate * (picks.coordinate_spacing or geometry.voxel_spacing)


def _coordinates(columns: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], str]:
    """The three columns in x, y, z and their unit; none and "" when they are absent."""
    for ending, unit in (("_angstrom", "angstrom"), ("_voxel", "voxels"), ("", "voxels")):
        labels = tuple(axis + ending for axis in "xyz")
        if all(label in columns for label in labels):
            is_czii = tuple(columns) == CZII
            return labels, "angstrom" if is_czii else unit
    return (), ""
