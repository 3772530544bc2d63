"""Dynamo's tables: columns of numbers without a header, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.numbered import files_of_names, names_of_numbers, numbers_of_names
from cryoal.io.picks.numbers import angles
from cryoal.io.picks.poses import matrix_from_zxz, zxz_from_matrix
from cryoal.io.picks.rows import first_row, is_number, rows_of_numbers
from cryoal.io.picks.voxels import class_lines, kept_switch, places, spacings
from cryoal.io.picks.write import writes_folder
from cryoal.records import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import StarTable

__all__ = ["Dynamo", "write_dynamo"]

# the first 35 of `dthelp`, which every program writes
NAMES = (
    *("tag", "aligned", "averaged", "dx", "dy", "dz", "tdrot", "tilt", "narot", "cc", "cc2", "cpu"),
    *("ftype", "ymintilt", "ymaxtilt", "xmintilt", "xmaxtilt", "fs1", "fs2", "tomo", "reg"),
    *("class", "annotation", "x", "y", "z", "dshift", "daxis", "dnarot", "dcc", "otag", "npar"),
    *("unused33", "ref", "sref"),
)
LABELS = [f"dynamo_{name}" for name in NAMES]
TAG, SCORE, TOMOGRAM, REGION, CLASS, NOTE = (
    f"dynamo_{name}" for name in ("tag", "cc", "tomo", "reg", "class", "annotation")
)
PLACE = ("dynamo_x", "dynamo_y", "dynamo_z")
SHIFT = ("dynamo_dx", "dynamo_dy", "dynamo_dz")
ANGLES = ("dynamo_tdrot", "dynamo_tilt", "dynamo_narot")
FEWEST = 26  # columns, up to z
HALF = 0.5
SAME = 1e-4  # voxels


class Dynamo(PickFormat):
    """Dynamo's .tbl: columns 24 to 26 in pixels of the tomogram, whose corner is 0.

    Unit, origin: the centre of the first voxel is at 0.5, so that voxel = x - 0.5 (wiki, *Volume
    center*: "The origin of coordinates in a volume is the corner of the first pixel"). copick 1.31,
    cryoCAT 0.7, ArtiaX and dynamo2m write and read these columns without the half: then say
    ``--dynamo-offset 0``; ``1`` is for templates placed at a pixel counted from 1. Shifts: columns
    4 to 6 are added. Angles: 7 to 9 are tdrot, tilt, narot, by which the template turns clockwise
    about z, the new x, the new z (wiki, *Euler angles convention*); :mod:`cryoal.io.picks.poses`.
    Tomogram: column 20, by the table map beside the file (:mod:`cryoal.io.picks.numbered`). Score:
    10, class: 22, group: 21 where it tells regions apart. Columns: ``dthelp``, wiki, *Table
    convention*.
    """

    name = "dynamo"
    has_numbers = True
    switches: ClassVar[Mapping[str, tuple[str, ...]]] = {"dynamo_offset": ("0.5", "0", "1")}

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By its suffix, or by rows of 26 numbers and more."""
        if not file.is_text:
            return None
        row = first_row(file.head)
        if file.suffix != ".tbl" and not (len(row) >= FEWEST and all(map(_is_value, row))):
            return None
        said = "the first voxel at 0.5"
        if len(row) >= FEWEST and not all(map(_is_half, row[23:26])):
            said += ", or at 0 if copick, cryoCAT or dynamo2m wrote it (--dynamo-offset 0)"
        return f"{len(row)} columns of numbers -> Dynamo, pixels of the tomogram, {said}"

    @staticmethod
    def read(file: PickFile) -> Contents:
        """A column for each of ``dthelp``, ``dynamo_tag`` and so on; further ones by number."""
        rows = rows_of_numbers(file.text, file.path, is_value=_is_value)
        width = len(rows[0])
        if width < FEWEST:
            raise PicksError(
                f"expected a Dynamo table of {FEWEST} columns and more, found {width} in "
                f"{file.path}"
            )
        labels = [*LABELS, *(f"dynamo_{n + 1}" for n in range(len(LABELS), width))][:width]
        columns = map(list, zip(*rows, strict=True))
        return Contents(dict(zip(labels, columns, strict=True)))

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """Column 20, by the table map where one is beside the table."""
        return names_of_numbers(columns[TOMOGRAM], path)

    @staticmethod
    def tomogram_files(path: Path, names: Sequence[str]) -> dict[str, Path]:
        """Those of the table map."""
        return files_of_names(path, names)

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Columns 24 to 26."""
        del columns
        return PLACE

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Less the half pixel from the corner to the middle of the first voxel."""
        offset = float(picks.switch("dynamo_offset"))
        return (picks.xyz(PLACE, rows) - offset) * _pixel(picks, geometry)

    @staticmethod
    def shift(picks: Picks, rows: NDArray[np.int64], geometry: Geometry) -> NDArray[np.float64]:
        """Columns 4 to 6, which are added."""
        return -picks.xyz(SHIFT, rows) * _pixel(picks, geometry)

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64]:
        """Columns 7 to 9."""
        return matrix_from_zxz(angles(columns, ANGLES))

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """Column 10."""
        del columns
        return SCORE

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """Column 22, where one is not 0."""
        return CLASS if any(map(_is_set, columns[CLASS])) else None

    @staticmethod
    def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """Column 21 where it has several values: a vesicle, a filament, a membrane."""
        return REGION if len(set(columns[REGION])) > 1 else None


@writes_folder
def write_dynamo(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write ``particles.tbl``, its table map ``particles.doc``, and ``classes.txt``.

    Columns that came from a table are written as they were. Coordinates are middles of voxels, as
    Dynamo leaves them when it crops, and the fraction is in the shift. Column 22 has the number of
    the class, and the one that came in moves to column 23 where that is free. Tags that do not
    tell particles apart are counted anew, and column 31 keeps them. Where all came from tables
    with another ``dynamo_offset``, they go out with it.
    """
    numbers = numbers_of_names(parts, TOMOGRAM)
    offset = kept_switch(parts, Dynamo, "dynamo_offset")
    tables = [_columns(part, numbers, offset) for part in parts]
    tags = [tag for part in parts for tag in part.columns.get(TAG, [""] * len(part))]
    if len(set(tags)) < len(tags) or "" in tags:
        count = 0
        for part, table in zip(parts, tables, strict=True):
            if TAG in part.columns:
                table["dynamo_otag"] = list(part.columns[TAG])
            table[TAG] = [str(count + n + 1) for n in range(len(part))]
            count += len(part)
    width = max(map(len, tables))
    lines = [
        " ".join([*row, *["0"] * (width - len(row))]) + "\n"
        for table in tables
        for row in zip(*table.values(), strict=True)
    ]
    write_text(path / "particles.tbl", "".join(lines))
    doc = "".join(f"{number} {name}\n" for name, number in numbers.items())
    write_text(path / "particles.doc", doc)
    if names := class_lines(parts):
        write_text(path / "classes.txt", names)


def _columns(part: ParticlePart, numbers: Mapping[str, int], offset: float) -> dict[str, list[str]]:
    """The 35 columns of `part`, and those beyond that came in."""
    nothing = ["0"] * len(part)
    is_own = part.format == Dynamo.name
    own = {label: column for label, column in part.columns.items() if label.startswith("dynamo_")}
    table = {label: list(own.get(label, nothing)) for label in dict.fromkeys([*LABELS, *own])}
    table[TOMOGRAM] = [str(numbers[name]) for name in part.tomogram]
    if not is_own:
        table["dynamo_aligned"] = table["dynamo_averaged"] = ["1"] * len(part)
        table[SCORE] = [f"{score:.7g}" if np.isfinite(score) else "0" for score in part.scores]
        if part.rotation is not None:
            for label, column in zip(ANGLES, zxz_from_matrix(part.rotation).T, strict=True):
                table[label] = [f"{angle:.6f}" for angle in column]
    if not is_own or "cryoalClass" in part.extra:
        if is_own and not any(map(_is_set, table[NOTE])):
            table[NOTE] = table[CLASS]
        table[CLASS] = [str(number) for number in part.numbers]
    if not is_own or not _is_as_it_was(part, offset):
        xyz = places(part)
        voxel = np.floor(xyz + HALF)
        for axis, (place, shift) in enumerate(zip(PLACE, SHIFT, strict=True)):
            table[place] = [f"{value:.1f}" for value in voxel[:, axis] + offset]
            table[shift] = [f"{value:.6f}" for value in (xyz - voxel)[:, axis]]
    return table


def _is_as_it_was(part: ParticlePart, offset: float) -> bool:
    """Whether the table's own columns say, in pixels of the tomogram, where its particles are."""
    try:
        read = [
            np.array([part.columns[label] for label in labels], np.float64).T
            for labels in (PLACE, SHIFT)
        ]
    except ValueError:
        return False
    coordinate = (part.coordinate_zyx_angstrom / spacings(part))[:, ::-1]
    same = np.abs(read[0] - offset - coordinate) < SAME
    return bool(np.all(same & (np.abs(sum(read) - offset - places(part)) < SAME)))


def _pixel(picks: Picks, geometry: Geometry) -> float:
    return picks.coordinate_spacing or geometry.voxel_spacing


def _is_value(text: str) -> bool:
    """A number; column 28 is a complex one at times, which MATLAB writes as ``0.5+1.2i``."""
    if is_number(text):
        return True
    try:
        complex(text.replace("i", "j"))
    except ValueError:
        return False
    return text.isascii() and "_" not in text


def _is_half(text: str) -> bool:
    try:
        return float(text) % 1 == HALF
    except ValueError:
        return False


def _is_set(text: str) -> bool:
    try:
        return float(text) != 0
    except ValueError:
        return True
