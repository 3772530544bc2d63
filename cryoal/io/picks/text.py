"""Plain lists of coordinates: a row of numbers a particle, without a header."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.rows import first_row, first_rows, is_number, rows_of_numbers
from cryoal.io.picks.voxels import kept_switch, places
from cryoal.io.picks.write import writes_folder
from cryoal.io.picks.write_table import by_tomogram
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

__all__ = [
    "DeepEtPicker",
    "Text",
    "TomoTwin",
    "write_deepetpicker",
    "write_text_list",
    "write_tomotwin",
]

PLACE = ("text_x", "text_y", "text_z")
CLASS = "text_class"
COORDS = ".coords"
OTHERS = (".tbl", ".csv", ".tsv", ".json", ".cbox")  # whose rows of numbers mean something else
MOST = 25  # columns; a row of more is one of Dynamo's


class Text(PickFormat):
    """Rows ``x y z`` of a .txt, .xyz or the like: voxels of the tomogram from its first.

    Nothing in such a file says its unit or origin: what pickers write are voxels from 0 at the
    middle of the first one. ``--coordinate-spacing`` says another unit (1 for angstrom), and
    ``--text-offset 0.5`` or ``1`` another place for the first voxel. White space, commas,
    semicolons and tabs part the numbers. Further numbers are kept; as they may be a class before
    the coordinates as well as a score after them, such files are asked about (``--format``).
    """

    name = "text"
    switches: ClassVar[Mapping[str, tuple[str, ...]]] = {"text_offset": ("0", "0.5", "1")}
    first: ClassVar[int] = 0
    """The place of x in a row."""

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By rows of at least three numbers, but not those of the others."""
        width = _width(file)
        if width < 3 or (file.suffix == COORDS and (width == 3 or _begins_with_class(file))):
            return None
        more = f" and {width - 3} more" if width > 3 else ""
        return f"x, y, z{more} a row -> text, voxels from the middle of the first"

    @classmethod
    def read(cls, file: PickFile) -> Contents:
        """``text_x`` and its like, and further columns by number."""
        rows = rows_of_numbers(file.text, file.path)
        width = len(rows[0])
        if width < cls.first + 3:
            raise PicksError(
                f"expected rows of {cls.first + 3} numbers for {cls.name}, found {width} in "
                f"{file.path}"
            )
        labels = [f"text_{n + 1}" for n in range(width)]
        labels[cls.first : cls.first + 3] = PLACE
        if cls.first:
            labels[0] = CLASS
        columns = map(list, zip(*rows, strict=True))
        return Contents(dict(zip(labels, columns, strict=True)))

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """None: such a list is of the one that it is given with."""
        del path
        return [""] * len(columns[PLACE[0]])

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The three of them."""
        del columns
        return PLACE

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Less the place of the first voxel."""
        spacing = picks.coordinate_spacing or geometry.voxel_spacing
        return (picks.xyz(PLACE, rows) - float(picks.switch("text_offset"))) * spacing

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """The class of DeepETPicker."""
        return CLASS if CLASS in columns else None


class TomoTwin(Text):
    """Rows ``X Y Z`` of TomoTwin's .coords: voxels of the tomogram from the first one's middle.

    Source: ``CoordsFormat`` of TomoTwin 0.9, whose X, Y, Z are the middle voxel of a window.
    crYOLO's box manager writes middles into such a file too (``write_coords_file``), and
    DeepETPicker reads three columns so where it has one class. Its list of scores is a pickle
    (``.tloc``), which is never loaded.
    """

    name = "tomotwin"

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By the suffix and rows of three numbers."""
        if file.suffix != COORDS or _width(file) != 3:
            return None
        return "x, y, z a row of .coords -> TomoTwin, voxels from the middle of the first"


class DeepEtPicker(Text):
    """Rows ``class x y z`` of DeepETPicker's .coords: voxels from the first one's middle.

    Source: ``coords2labels.py`` of DeepETPicker, which takes ``class, x, y, z`` and centres its
    labels on voxel z, y, x of the array; its predictions have the same order, with the size of the
    spot behind in ``Coords_withArea``.
    """

    name = "deepetpicker"
    first = 1

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By rows of more than three numbers."""
        if (width := _width(file)) < 4:
            return None
        more = f" and {width - 4} more" if width > 4 else ""
        return f"class, x, y, z{more} a row -> DeepETPicker, voxels from the middle of the first"


@writes_folder
def write_text_list(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write ``NAME.txt`` for each tomogram: ``x y z`` in voxels, the first one at 0."""
    _write(path, parts, Text, ".txt")


@writes_folder
def write_tomotwin(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write ``NAME.coords`` for each tomogram: ``x y z`` in voxels, the first one at 0."""
    _write(path, parts, TomoTwin, COORDS)


@writes_folder
def write_deepetpicker(path: Path, parts: Sequence[ParticlePart]) -> list[str]:
    """Write ``NAME.coords`` for each tomogram: ``class x y z`` with tabs, in whole voxels.

    DeepETPicker slices arrays with these numbers and takes no fraction.
    """
    for name, pieces in by_tomogram(parts, DeepEtPicker.name).items():
        lines = []
        for part, rows in pieces:
            voxel = np.floor(places(part) + 0.5).astype(np.int64)
            for row in rows:
                lines.append("\t".join(map(str, (part.numbers[row] or 1, *voxel[row]))) + "\n")
        write_text(path / f"{name}{COORDS}", "".join(lines))
    return ["DeepETPicker takes whole voxels: fractions are rounded, half of a voxel at most"]


def _write(path: Path, parts: Sequence[ParticlePart], to: type[Text], suffix: str) -> None:
    first = kept_switch(parts, to, "text_offset")
    for name, pieces in by_tomogram(parts, to.name).items():
        lines = []
        for part, rows in pieces:
            xyz = places(part)[rows] + first + 0.0  # no -0.0000
            lines += [f"{x:.4f} {y:.4f} {z:.4f}\n" for x, y, z in xyz.tolist()]
        write_text(path / f"{name}{suffix}", "".join(lines))


def _width(file: PickFile) -> int:
    """How many numbers are in the first row; 0 where it is no row of numbers."""
    if not file.is_text or file.suffix in OTHERS:
        return 0
    row = first_row(file.head)
    return len(row) if len(row) <= MOST and all(map(is_number, row)) else 0


def _begins_with_class(file: PickFile) -> bool:
    """Whether rows begin with a whole number above 0 and end in a place, not in a score or class.

    In the part of the file that was read to tell its format.
    """
    rows = [row for row in first_rows(file.head) if len(row) > 3]
    try:
        values = np.array([[float(text) for text in row[:4]] for row in rows])
    except ValueError:
        return False
    if values.size == 0:
        return False
    first, last = values[:, 0], values[:, 3]
    is_class = np.array_equal(first, first.round()) and first.min() >= 1
    return bool(is_class and last.max() > first.max() and (last != last[0]).any())
