"""What the formats share that are tables with a header line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.table_names import CLASSES, column_called, tomogram_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.io.picks.file import PickFile
    from cryoal.io.star import StarTable

__all__ = ["TableFormat", "is_our_own"]

_SCORES = """
score confidence cryoalprobability probability figure_of_merit rlnautopickfigureofmerit
rlnlccmax cc ccc
"""
_GROUPS = """
filament filament_id helix helix_id tube tube_id rlnhelicaltubeid contour contour_id fiber fibre
microtubule microtubule_id membrane membrane_id rlntomomanifoldindex
"""
SCORES, GROUPS = _SCORES.split(), _GROUPS.split()


class TableFormat(PickFormat):
    """Comma, semicolon or tab separated; a format is told by its columns."""

    has_shift = False

    @staticmethod
    def read(file: PickFile) -> Contents:
        """All columns."""
        if file.table is None:
            raise PicksError(f"expected a table with a header line, found none in {file.path}")
        return Contents(file.table)

    @classmethod
    def tomogram(cls, columns: StarTable, path: Path) -> list[str]:
        """The column that is called so by some program; without one, a tomogram without a name."""
        used = (
            *cls.coordinate_labels(columns),
            cls.key_column(columns),
            cls.class_column(columns),
            cls.score_column(columns),
            cls.group_column(columns),
        )
        return tomogram_names(columns, used, path)

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``score``, ``confidence`` and the like."""
        return column_called(SCORES, columns)

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``class``, ``label``, ``particle_type`` and the like."""
        return column_called(CLASSES, columns)

    @staticmethod
    def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``filament``, ``helix``, ``contour`` and the like."""
        return column_called(GROUPS, columns)


def is_our_own(columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether a table says positions in our own columns, whatever else came along in it."""
    return all(f"{axis}_angstrom" in columns for axis in "xyz")
