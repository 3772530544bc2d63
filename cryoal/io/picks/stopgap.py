"""STOPGAP's motive lists: STAR files that hold what the EM lists of AV3 did."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.numeral import to_floats
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.numbered import names_of_numbers, numbers_of_names
from cryoal.io.picks.numbers import angles
from cryoal.io.picks.poses import matrix_from_motl, motl_from_matrix
from cryoal.io.picks.voxels import class_lines, places
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

__all__ = ["Stopgap", "write_stopgap"]

BLOCK = "stopgap_motivelist"
PLACE = ("orig_x", "orig_y", "orig_z")
SHIFT = ("x_shift", "y_shift", "z_shift")
ANGLES = ("phi", "psi", "the")
FIELDS = (  # sg_get_motl_fields.m: STOPGAP reads no others
    *("motl_idx", "tomo_num", "object", "subtomo_num", "halfset", *PLACE, "score", *SHIFT),
    *(*ANGLES, "class"),
)
FIRST = 1  # what the first voxel is called
SAME = 1e-3  # voxels


class Stopgap(PickFormat):
    """STOPGAP motive list: ``orig_x`` Y Z in voxels of the tomogram, counted from 1.

    Unit, origin: MATLAB's indices. A box of side N is cut from ``floor(orig_x) - floor(N / 2)``, so
    that its voxel N / 2 (from 0) is ``orig_x`` (``extract_parse_subtomo_positions.m``), and another
    binning is ``x * b - (b - 1)`` (``sg_motl_rescale.m``): voxel = ``orig_x`` - 1;
    ``--motl-offset 0`` is for a list that was written without. Shifts: ``x_shift`` is added
    (``sg_motl_apply_shifts.m``). Angles: ``phi``, ``psi``, ``the`` are those of AV3
    (``sg_motl_av3_to_stopgap.m`` copies them): the reference turns about z by phi, x by the, z by
    psi. Tomogram: ``tomo_num``, by the table map beside the file
    (:mod:`cryoal.io.picks.numbered`).
    """

    name = "stopgap"
    has_numbers = True
    switches: ClassVar[Mapping[str, tuple[str, ...]]] = {"motl_offset": ("1", "0")}

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By the name of its block."""
        if file.star is None or BLOCK not in file.star:
            return None
        return f"data_{BLOCK} -> STOPGAP, voxels of the tomogram counted from 1"

    @staticmethod
    def read(file: PickFile) -> Contents:
        """The columns of the list.

        Raises
        ------
        PicksError
            It lacks a column, or has no row.
        """
        columns = (file.star or {}).get(BLOCK, {})
        absent = [label for label in ("tomo_num", *PLACE) if label not in columns]
        if absent:
            raise PicksError(
                f"expected {absent[0]} in data_{BLOCK}, found {', '.join(list(columns)[:6])} in "
                f"{file.path}"
            )
        if not columns["tomo_num"]:
            raise PicksError(f"expected particles, found none in data_{BLOCK} of {file.path}")
        return Contents(columns)

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """What the number of the tomogram stands for."""
        return names_of_numbers(columns["tomo_num"], path)

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """``orig_x`` and its like."""
        del columns
        return PLACE

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Less what the first voxel is called."""
        first = float(picks.switch("motl_offset"))
        return (picks.xyz(PLACE, rows) - first) * _pixel(picks, geometry)

    @staticmethod
    def shift(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64] | None:
        """``x_shift`` and its like, which are added."""
        if not all(label in picks.columns for label in SHIFT):
            return None
        return -picks.xyz(SHIFT, rows) * _pixel(picks, geometry)

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """Of ``phi``, ``psi``, ``the``."""
        if not all(label in columns for label in ANGLES):
            return None
        return matrix_from_motl(angles(columns, ANGLES))

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``score``."""
        return "score" if "score" in columns else None

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``class``."""
        return "class" if "class" in columns else None

    @staticmethod
    def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``object``, where there is more than one."""
        return "object" if len(set(columns.get("object", ()))) > 1 else None


@writes_folder
def write_stopgap(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write ``particles.star``, its table map ``particles.doc``, and ``classes.txt``.

    Coordinates are whole and the fraction is in the shift, as STOPGAP cuts at whole voxels.
    Labels have no number behind them: ``sg_motl_read2.m`` takes it for a part of the name.
    """
    numbers = numbers_of_names(parts, "tomo_num")
    tables = [_table(part, numbers) for part in parts]
    table = {label: [text for each in tables for text in each[label]] for label in FIELDS}
    for label in ("motl_idx", "subtomo_num"):
        if len(set(table[label])) < len(table[label]) or not all(table[label]):
            table[label] = [str(number) for number in range(1, len(table[label]) + 1)]
    lines = [f"\ndata_{BLOCK}\n\nloop_\n", *(f"_{label}\n" for label in FIELDS), "\n"]
    lines += [f"{'  '.join(row)}\n" for row in zip(*table.values(), strict=True)]
    write_text(path / "particles.star", "".join(lines))
    doc = "".join(f"{number} {name}\n" for name, number in numbers.items())
    write_text(path / "particles.doc", doc)
    if names := class_lines(parts):
        write_text(path / "classes.txt", names)


def _table(part: ParticlePart, numbers: Mapping[str, int]) -> dict[str, list[str]]:
    """The fields of `part`: its own where it came from such a list."""
    n = len(part)
    is_own = part.format == Stopgap.name
    table = {label: ["0"] * n for label in FIELDS}
    table |= {"motl_idx": [""] * n, "subtomo_num": [""] * n, "object": ["1"] * n}
    table |= {"halfset": ["A"] * n}
    if is_own:
        table |= {label: list(part.columns[label]) for label in FIELDS if label in part.columns}
    else:
        table["score"] = [f"{score:.6g}" for score in np.nan_to_num(part.scores)]
        if part.rotation is not None:
            table |= _texts(ANGLES, motl_from_matrix(part.rotation))
    table["tomo_num"] = [str(numbers[name]) for name in part.tomogram]
    if not is_own or "cryoalClass" in part.extra:
        table["class"] = [str(number) for number in part.numbers]
    xyz = places(part)
    if not is_own or np.any(np.abs(_said(table) - xyz) > SAME):
        voxel = np.floor(xyz + 0.5)
        whole = (voxel + FIRST).astype(np.int64).astype(str).T.tolist()
        table |= dict(zip(PLACE, whole, strict=True)) | _texts(SHIFT, xyz - voxel)
    return table


def _said(table: Mapping[str, Sequence[str]]) -> NDArray[np.float64]:
    """Where the fields have the particles, ``(n, 3)`` x, y, z in voxels from 0."""
    place, shift = (
        np.stack([to_floats(table[label]) for label in labels], axis=1) for labels in (PLACE, SHIFT)
    )
    return place + shift - FIRST


def _texts(labels: Sequence[str], values: NDArray[np.float64]) -> dict[str, list[str]]:
    return {
        label: [f"{value:.4f}" for value in column]
        for label, column in zip(labels, values.T, strict=True)
    }


def _pixel(picks: Picks, geometry: Geometry) -> float:
    return picks.coordinate_spacing or geometry.voxel_spacing
