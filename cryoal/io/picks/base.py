"""The contract of a pick format: one class that knows a file and says where its particles are.

A format is one file in this folder and one line in ``FORMATS`` of its package. What a class has to
say is few things about columns of text; files that are no text become such columns as well, so that
whatever came in can go out again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cryoal.io.picks.geometry import Geometry, Located
from cryoal.io.picks.star_columns import (
    COORDINATES,
    GROUPS,
    SCORES,
    named_by,
    origin_shift,
    relion_rotation,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["Contents", "Geometry", "Located", "PickFormat", "StarFormat"]


@dataclass(frozen=True)
class Contents:
    """What is in a file of picks.

    `columns` have a value for each particle, as the text that stands in the file; `blocks` are its
    other tables, which pass through to an export; `remarks` are what a user should hear of the
    file, one line each.
    """

    columns: StarTable
    blocks: dict[str, StarTable] = field(default_factory=dict)
    remarks: Sequence[str] = ()


class PickFormat(ABC):
    """One way to write picks: how a file is known, and what its columns mean.

    Its docstring's first line is what ``cryoal list formats`` shows; the rest says the convention:
    unit, origin, order of axes, half voxels, shifts, angles, each with its source.
    """

    name: ClassVar[str]
    yields_to: ClassVar[tuple[str, ...]] = ()
    """Formats that have a file which both recognise: they look closer."""
    has_shift: ClassVar[bool] = True
    """Whether origin columns are still to be taken from the coordinates; a CSV's never are."""
    switches: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Where programs disagree: the name of each choice, and its values, the default first."""

    has_numbers: ClassVar[bool] = False
    """Whether a tomogram may go by a number of the program's own, which no file is called by."""

    @staticmethod
    @abstractmethod
    def recognise(file: PickFile) -> str | None:
        """Why `file` is of this format, in one line, or None if it is not."""

    @staticmethod
    @abstractmethod
    def read(file: PickFile) -> Contents:
        """All that is in it; PicksError where it is damaged or holds no pick."""

    @staticmethod
    @abstractmethod
    def tomogram(columns: StarTable, path: Path) -> Sequence[str]:
        """The tomogram's name of each row, as the file says it; "" where it names none."""

    @staticmethod
    def key_column(columns: StarTable) -> str | None:
        """The column that names particles, if there is one."""
        del columns
        return None

    @staticmethod
    @abstractmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The columns of coordinates that are read, in x, y, z."""

    @staticmethod
    @abstractmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """What the coordinate columns say: ``(n, 3)`` z, y, x in angstrom, 0 = first voxel."""

    @staticmethod
    def shift(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64] | None:
        """What is to be taken from the coordinate, ``(n, 3)`` z, y, x in angstrom, or None."""
        del picks, rows, geometry
        return None

    @staticmethod
    def notes(picks: Picks, rows: NDArray[np.int64], geometry: Geometry) -> Sequence[str]:
        """What the user should hear of how these coordinates were read, one line each."""
        del picks, rows, geometry
        return ()

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """The poses, ``(n, 3, 3)`` acting on x, y, z, or None where the file has none.

        A matrix turns a vector from the frame of the particle (of its reference) into that of the
        tomogram.
        """
        del columns
        return None

    @staticmethod
    def tomogram_files(path: Path, names: Sequence[str]) -> dict[str, Path]:
        """The tomogram of each of `names` where what is at `path` says it, beside the picks."""
        del path, names
        return {}

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """The picker's own score, higher is better."""
        del columns
        return None

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """The name or number of the kind of particle."""
        del columns
        return None

    @staticmethod
    def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """What tells the filament, contour or membrane on which a particle sits."""
        del columns
        return None


class StarFormat(PickFormat):
    """What the formats of RELION and Warp share: a block of particles in a STAR file."""

    @classmethod
    def recognise(cls, file: PickFile) -> str | None:
        """By the columns of its particles and by its other blocks."""
        found = file.particles
        return None if found is None else cls.recognise_star(found.columns, file.hints)

    @staticmethod
    @abstractmethod
    def recognise_star(columns: StarTable, blocks: Mapping[str, StarTable]) -> str | None:
        """Why a STAR file is of this format; `blocks` has the columns of a tomograms STAR too."""

    @staticmethod
    def read(file: PickFile) -> Contents:
        """The block of particles and the others."""
        return file.require_particles()

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> Sequence[str]:
        """``rlnTomoName``, or ``rlnMicrographName`` where that is what there is."""
        return named_by(("rlnTomoName", "rlnMicrographName"), columns, path)

    @staticmethod
    def key_column(columns: StarTable) -> str | None:
        """``rlnTomoParticleName``."""
        return "rlnTomoParticleName" if "rlnTomoParticleName" in columns else None

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """RELION's and Warp's figure of merit, or pytom-match-pick's correlation."""
        return next((label for label in SCORES if label in columns), None)

    @staticmethod
    def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """The filament, or the membrane, counted within a tomogram."""
        return next((label for label in GROUPS if label in columns), None)

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """Ours where we wrote the file, else ``rlnClassNumber``."""
        return next((name for name in ("cryoalClass", "rlnClassNumber") if name in columns), None)

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """``rlnCoordinateX`` and its like."""
        del columns
        return COORDINATES

    @staticmethod
    def shift(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64] | None:
        """The origin columns, pixels being those of the tomogram."""
        return origin_shift(picks, rows, np.full(len(rows), geometry.voxel_spacing))

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """``rlnAngleRot`` and its like, in the frame of the subtomogram where it was turned."""
        return relion_rotation(columns)
