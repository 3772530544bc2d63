"""Motive lists of TOM, AV3 and their heirs: EM files of 20 numbers a particle."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.numbered import files_of_names, names_of_numbers, numbers_of_names, whole
from cryoal.io.picks.numbers import angles
from cryoal.io.picks.poses import matrix_from_motl, motl_from_matrix
from cryoal.io.picks.voxels import class_lines, kept_switch, places, spacings
from cryoal.io.picks.write import writes_folder
from cryoal.records import replacing, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import StarTable

__all__ = ["Motl", "write_motl"]

NAMES = (
    *("score", "row_2", "row_3", "particle", "tomogram", "object", "row_7", "x", "y", "z"),
    *("shift_x", "shift_y", "shift_z", "row_14", "row_15", "row_16", "phi", "psi", "theta"),
    "class",
)
LABELS = tuple(f"motl_{name}" for name in NAMES)
SCORE, PARTICLE, OBJECT, TOMOGRAM, OTHER_TOMOGRAM, CLASS = (
    f"motl_{name}" for name in ("score", "particle", "object", "tomogram", "row_7", "class")
)
PLACE = ("motl_x", "motl_y", "motl_z")
SHIFT = ("motl_shift_x", "motl_shift_y", "motl_shift_z")
ANGLES = ("motl_phi", "motl_psi", "motl_theta")

HEADER = 512  # bytes
TYPES = {1: "i1", 2: "i2", 4: "i4", 5: "f4", 9: "f8"}  # by the fourth byte
BIG_ENDIAN = (0, 3, 5)  # machines, by the first byte: OS-9, SGI, Mac; 6 is the PC
SAME = 1e-3  # voxels: what float32 holds of a shift beside a coordinate of thousands


class Motl(PickFormat):
    """EM motive list: rows 8 to 10 in voxels of the tomogram, counted from 1.

    Unit, origin: MATLAB's indices, so that voxel = x - 1: subTOM cuts its boxes so
    (``subtom_extract_subtomograms.m``), novaSTA (``extractSubtomos.cpp``), ArtiaX and copick take 1
    off; ``--motl-offset 0`` is for a list that was written without. Shifts: rows 11 to 13 are
    added, in the frame of the tomogram. Angles: rows 17 to 19 are phi, psi, theta, by which the
    reference turns about z by phi, x by theta, z by psi (``subtom_zxz_to_matrix.m``);
    :mod:`cryoal.io.picks.poses`. Tomogram: row 5 (Artiatomi's wiki *Motivelist*, cryoCAT), or 7
    (subTOM's ``tomo_row``), by the table map beside the file (:mod:`cryoal.io.picks.numbered`).
    Score: row 1, class: row 20. File: 512 bytes of header, then columns of 20 numbers
    (``tom_emread.m``).
    """

    name = "motl"
    has_numbers = True
    switches: ClassVar[Mapping[str, tuple[str, ...]]] = {"motl_offset": ("1", "0")}

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By the header of an EM file, 20 numbers wide."""
        if file.suffix != ".em":
            return None
        return "EM file -> motive list of TOM / AV3, voxels of the tomogram counted from 1"

    @staticmethod
    def read(file: PickFile) -> Contents:
        """A column for each row of the list, ``motl_score`` and so on."""
        values = _values(file.content, file.path)
        columns: StarTable = {
            label: _texts(column) for label, column in zip(LABELS, values.T, strict=True)
        }
        return Contents(columns)

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """Row 5, or row 7 where that tells more tomograms apart or row 5 but counts them.

        Raises
        ------
        PicksError
            Both tell tomograms apart, and not the same ones.
        """
        rows = [list(map(whole, columns[label])) for label in (TOMOGRAM, OTHER_TOMOGRAM)]
        apart = [len(set(row)) for row in rows]
        pairs = len(set(zip(*rows, strict=True)))
        if min(apart) > 1 and pairs > max(apart):
            raise PicksError(
                f"expected tomograms in row 5 or 7, found {apart[0]} numbers in row 5 and "
                f"{apart[1]} others in row 7 of {path}: write a list with zeros in the other row"
            )
        counts = [set(row) == {str(n + 1) for n in range(len(set(row)))} for row in rows]
        is_seventh = apart[1] > apart[0] or set(rows[0]) == {"0"}
        if apart[0] == apart[1] and set(rows[1]) != {"0"}:
            is_seventh |= counts == [True, False]
        return names_of_numbers(rows[1] if is_seventh else rows[0], path)

    @staticmethod
    def tomogram_files(path: Path, names: Sequence[str]) -> dict[str, Path]:
        """Those of the table map."""
        return files_of_names(path, names)

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Rows 8 to 10."""
        del columns
        return PLACE

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Less what the first voxel is called."""
        return (picks.xyz(PLACE, rows) - float(picks.switch("motl_offset"))) * _pixel(
            picks, geometry
        )

    @staticmethod
    def shift(picks: Picks, rows: NDArray[np.int64], geometry: Geometry) -> NDArray[np.float64]:
        """Rows 11 to 13, which are added."""
        return -picks.xyz(SHIFT, rows) * _pixel(picks, geometry)

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64]:
        """Rows 17 to 19."""
        return matrix_from_motl(angles(columns, ANGLES))

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """Row 1."""
        del columns
        return SCORE

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """Row 20, where one is not 0."""
        return CLASS if {whole(text) for text in columns[CLASS]} != {"0"} else None


@writes_folder
def write_motl(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write ``particles.em`` in float32, its table map ``particles.doc``, and ``classes.txt``.

    Rows that came from a list are written as they were. Coordinates are whole, as programs take
    them that cut boxes, and the fraction is in the shift; row 20 has the number of the class.
    Numbers of particles (row 4) that do not tell them apart are counted anew; those from other
    formats have them in row 6 too. Where all came from lists with another ``motl_offset``, they go
    out with it.
    """
    numbers = numbers_of_names(parts, TOMOGRAM)
    first = kept_switch(parts, Motl, "motl_offset")
    values = np.concatenate([_rows(part, numbers, first) for part in parts])
    count = np.arange(1, len(values) + 1)
    if len(np.unique(values[:, LABELS.index(PARTICLE)])) < len(values):
        values[:, LABELS.index(PARTICLE)] = count
    is_new = np.repeat([part.format != Motl.name for part in parts], list(map(len, parts)))
    values[is_new, LABELS.index(OBJECT)] = count[is_new]  # by which Artiatomi names its files
    header = struct.pack("<4B3i", 6, 0, 0, 5, len(LABELS), len(values), 1).ljust(HEADER, b"\0")
    with replacing(path / "particles.em") as temporary:
        temporary.write_bytes(header + values.astype("<f4").tobytes())
    doc = "".join(f"{number} {name}\n" for name, number in numbers.items())
    write_text(path / "particles.doc", doc)
    if names := class_lines(parts):
        write_text(path / "classes.txt", names)


def _values(content: bytes, path: Path) -> NDArray[np.float64]:
    """The list as ``(n, 20)``."""
    if len(content) < HEADER:
        raise PicksError(f"expected an EM file, found {len(content)} bytes in {path}")
    order = ">" if content[0] in BIG_ENDIAN else "<"
    width, length, depth = struct.unpack(f"{order}3i", content[4:16])
    if content[3] not in TYPES or min(width, length, depth) < 1:
        raise PicksError(
            f"expected an EM file of numbers, found type {content[3]} and {width} x {length} x "
            f"{depth} of them in {path}"
        )
    if (width, depth) != (len(LABELS), 1):
        raise PicksError(
            f"expected a motive list of 20 numbers a particle, found an EM volume of {width} x "
            f"{length} x {depth} in {path}"
        )
    kind = np.dtype(order + TYPES[content[3]])
    expected = HEADER + width * length * kind.itemsize
    if len(content) < expected:
        raise PicksError(
            f"expected {expected} bytes for {length} particles, found {len(content)} in {path}"
        )
    values = np.frombuffer(content, kind, width * length, HEADER).reshape(length, width)
    return values.astype(np.float64)


def _texts(column: NDArray[np.float64]) -> list[str]:
    """Numbers that were float32 in as few digits as say which, whole ones without a point."""
    as_float32 = column.astype(np.float32)
    shown = as_float32 if np.array_equal(as_float32, column, equal_nan=True) else column
    return [whole(str(value)) for value in shown]


def _rows(part: ParticlePart, numbers: Mapping[str, int], first: float) -> NDArray[np.float64]:
    """The 20 numbers of each particle of `part`, ``(n, 20)``."""
    is_own = part.format == Motl.name
    own = {label: part.columns[label] for label in LABELS if label in part.columns}
    table = {
        label: np.array(own[label], np.float64) if is_own else np.zeros(len(part))
        for label in LABELS
    }
    table[TOMOGRAM] = np.array([numbers[name] for name in part.tomogram], np.float64)
    if not is_own:
        table[OTHER_TOMOGRAM] = table[TOMOGRAM]
        table[SCORE] = np.nan_to_num(np.array(part.scores, np.float64))
        if part.rotation is not None:
            table |= dict(zip(ANGLES, motl_from_matrix(part.rotation).T, strict=True))
    if not is_own or "cryoalClass" in part.extra:
        table[CLASS] = np.array(part.numbers, np.float64)
    if not is_own or not _is_as_it_was(part, table, first):
        xyz = places(part)
        voxel = np.floor(xyz + 0.5)
        table |= dict(zip(PLACE, (voxel + first).T, strict=True))
        table |= dict(zip(SHIFT, (xyz - voxel).T, strict=True))
    return np.stack([table[label] for label in LABELS], axis=1)


def _is_as_it_was(
    part: ParticlePart, table: Mapping[str, NDArray[np.float64]], first: float
) -> bool:
    """Whether the list's own rows say, in voxels of the tomogram, where its particles are."""
    place, shift = (np.stack([table[label] for label in labels], 1) for labels in (PLACE, SHIFT))
    coordinate = (part.coordinate_zyx_angstrom / spacings(part))[:, ::-1]
    same = np.abs(place - first - coordinate) < SAME
    return bool(np.all(same & (np.abs(place + shift - first - places(part)) < SAME)))


def _pixel(picks: Picks, geometry: Geometry) -> float:
    return picks.coordinate_spacing or geometry.voxel_spacing
