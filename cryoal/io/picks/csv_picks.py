"""CSV: ``key``, ``tomogram`` and x, y, z in voxels or angstrom from the first voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.star_columns import relion_rotation
from cryoal.io.picks.table_format import TableFormat, is_our_own
from cryoal.io.picks.table_names import column_called

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["CsvPicks"]

KEYS = ("key", "particle")
ANGSTROM, NANOMETRE, VOXELS = "angstrom", "nanometre", "voxels"
UNITS = (  # how the headings say it, the surest first
    (ANGSTROM, ("_angstrom", "_ang", "_a")),
    (NANOMETRE, ("_nm",)),
    (VOXELS, ("_voxel", "_voxels", "_vox", "")),
)
SAME_SCALE = 5e-3  # by which the scales of two columns may differ: a rounded header
OURS = ("key", "tomogram", "x_angstrom", "y_angstrom", "z_angstrom")


class CsvPicks(TableFormat):
    """Table with a header line: ``x_angstrom``, ``x_nm``, ``x_voxel``, or plain ``x``: voxels.

    Voxels are those of the tomogram that is given, 0 at the centre of the first; capitals make no
    difference. They say where the particle is: origin columns that came along from a STAR file
    are no part of it. Where a table says positions in two units, the two have to say the same.
    """

    name = "csv"
    yields_to = ("copick_csv", "czii", "acryo")

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By three coordinate columns."""
        found = _coordinates(file.table or {})
        return f"{', '.join(found[0][0])} -> CSV, {found[0][1]}" if found else None

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """``rlnAngleRot`` and its like, as RELION means them."""
        return relion_rotation(columns)

    @staticmethod
    def key_column(columns: StarTable) -> str | None:
        """``key`` or ``particle``."""
        return column_called(KEYS, columns)

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The three found, angstrom before nanometres before voxels."""
        return next((labels for labels, _ in _coordinates(columns)), ())

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the unit of the columns."""
        found = _coordinates(picks.columns)
        if not found:
            raise PicksError(
                "expected columns x, y, z (or x_angstrom, x_voxel and so on), found "
                f"{', '.join(list(picks.columns)[:8])} in {picks.path}"
            )
        scale = {ANGSTROM: 1.0, NANOMETRE: 10.0, VOXELS: geometry.voxel_spacing}
        if picks.coordinate_spacing is not None:  # the user's word is above the heading's
            scale[found[0][1]] = picks.coordinate_spacing
        labels, unit = found[0]
        _require_one_spelling(picks, labels)
        coordinate = picks.xyz(labels, rows) * scale[unit]
        if not _is_export(picks.columns):
            for other, other_unit in found[1:]:
                second = picks.xyz(other, rows) * scale[other_unit]
                _require_alike(coordinate, second, labels, other, picks)
                if not _is_plain(other) and picks.coordinate_spacing is None:
                    _require_one_scale(coordinate, second, labels, other, picks)
        return coordinate


def _coordinates(columns: Mapping[str, Sequence[str]]) -> list[tuple[tuple[str, ...], str]]:
    """Each three columns in x, y, z and their unit, the surest first."""
    spelt: dict[str, str] = {}
    for label in columns:
        spelt.setdefault(label.lower(), label)
    found = []
    for unit, endings in UNITS:
        for ending in endings:
            labels = tuple(axis + ending for axis in "xyz")
            if all(label in spelt for label in labels):
                found.append((tuple(spelt[label] for label in labels), unit))
    return found


def _is_export(columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether we wrote this table: then what came along in it means what its program meant."""
    return tuple(columns)[: len(OURS)] == OURS and is_our_own(columns)


def _is_plain(labels: Sequence[str]) -> bool:
    """Whether these are x, y, z alone, which say no unit."""
    return all(len(label) == 1 for label in labels)


def _require_one_spelling(picks: Picks, labels: Sequence[str]) -> None:
    for label in labels:
        twice = [other for other in picks.columns if other.lower() == label.lower()]
        if len(twice) > 1:
            raise PicksError(
                f"expected one column {label}, found {' and '.join(twice)} in {picks.path}: "
                "take the one out that is wrong"
            )


def _require_one_scale(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    labels: Sequence[str],
    other: Sequence[str],
    picks: Picks,
) -> None:
    """Where both headings say their unit, no factor is left but that of another voxel."""
    factor = _factor(first, second)
    if abs(factor - 1) > SAME_SCALE:
        raise PicksError(
            f"expected {labels[0]} and {other[0]} to say the same, found the first {factor:.6g} "
            f"times the other in {picks.path}: another voxel spacing than the tomogram's "
            "(--voxel-size)? Else take those out that are wrong"
        )


def _factor(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    ratios = first[second != 0] / second[second != 0]
    return float(np.median(ratios)) if ratios.size else 1.0


def _require_alike(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    labels: Sequence[str],
    other: Sequence[str],
    picks: Picks,
) -> None:
    """Two ways of saying it have to be the same up to a factor, which is a unit nobody said."""
    factor = _factor(first, second)
    apart = np.abs(first - factor * second).max(axis=1)
    allowed = 1e-3 * max(1.0, float(np.abs(first).max()))  # what few decimals leave
    if (apart > allowed).any():
        row = int(np.argmax(apart > allowed))
        raise PicksError(
            f"expected {labels[0]} and {other[0]} to say the same, found others, first "
            f"in row {row + 1} of their tomogram in {picks.path}: take those out that are wrong"
        )
