"""What every format of picks shares: the table of text, names, keys, and where particles are."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.names import clean_name, match_tomogram
from cryoal.io.volume import SPACING_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.star import StarTable
    from cryoal.io.volume import Volume

__all__ = [
    "CENTRED",
    "COORDINATES",
    "ORIGIN_ANGSTROM",
    "ORIGIN_PIXELS",
    "SUBTOMOGRAM_ANGLES",
    "Geometry",
    "Located",
    "PickFormat",
    "Picks",
    "are_fractions",
    "clean_name",
    "image_spacing",
    "match_tomogram",
    "named_by",
    "number",
    "numbers",
    "origin_shift",
    "positive",
    "relion_matrix",
]


@dataclass(frozen=True)
class Geometry:
    """What a coordinate convention may need to know of one tomogram.

    `shape` is z, y, x in voxels of `voxel_spacing` angstrom. The unbinned ones are those of the
    tilt series (rlnTomoSizeX and its like, rlnTomoTiltSeriesPixelSize), None where no file
    says them.
    """

    shape: tuple[int, int, int]
    voxel_spacing: float
    unbinned_size_xyz: tuple[float, float, float] | None = None
    unbinned_spacing: float | None = None

    @property
    def extent_zyx_angstrom(self) -> NDArray[np.float64]:
        """Size of the box that was reconstructed, unbinned where that is known."""
        if self.unbinned_size_xyz is None or self.unbinned_spacing is None:
            return np.asarray(self.shape, np.float64) * self.voxel_spacing
        return np.asarray(self.unbinned_size_xyz[::-1], np.float64) * self.unbinned_spacing


@dataclass(frozen=True)
class Located:
    """Picks of one tomogram in angstrom, ``(n, 3)`` float64 in z, y, x; 0 is the first voxel.

    `coordinate_zyx_angstrom` is what the coordinate columns say; `position_zyx_angstrom` is where
    the particle is, after the origin shift that refinement has found.
    """

    position_zyx_angstrom: NDArray[np.float64]
    coordinate_zyx_angstrom: NDArray[np.float64]


class PickFormat(ABC):
    """One convention of coordinates: which columns it has and what they mean."""

    name: ClassVar[str]
    has_shift: ClassVar[bool] = True
    """Whether origin columns are still to be taken from the coordinates; a CSV's never are."""

    @staticmethod
    @abstractmethod
    def recognise(columns: StarTable, blocks: Mapping[str, StarTable]) -> str | None:
        """Why a file with these columns is of this format, in one line, or None if it is not."""

    @staticmethod
    @abstractmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """The tomogram's name of each row, as the file says it."""

    @staticmethod
    def key_column(columns: StarTable) -> str | None:
        """The column that names particles, if there is one."""
        return "rlnTomoParticleName" if "rlnTomoParticleName" in columns else None

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The columns of coordinates that are read, in x, y, z."""
        del columns
        return COORDINATES

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
        return origin_shift(picks, rows, np.full(len(rows), geometry.voxel_spacing))


@dataclass(frozen=True)
class Picks:
    """A file of picks: every column as text, and the convention by which to read it.

    `reason` says in one line how the format was told; `blocks` are the file's other blocks
    (optics, general), in order; `tomogram` is the name of each row as the file says it;
    `tomograms` is the table of the tomograms STAR that came with it, by clean name;
    `coordinate_spacing` is the user's word on the unit, angstrom per pixel.
    """

    path: Path
    format: str
    reason: str
    convention: type[PickFormat]
    columns: dict[str, list[str]]
    blocks: dict[str, StarTable]
    tomogram: list[str]
    tomograms: dict[str, dict[str, str]] = field(default_factory=dict)
    tomograms_path: Path | None = None
    coordinate_spacing: float | None = None

    def __post_init__(self) -> None:
        seen: dict[str, int] = {}
        for row, key in enumerate(self._keys, start=1):
            if not key:
                raise PicksError(f"expected a key, found none in row {row} of {self.path}")
            if (before := seen.setdefault(key, row)) != row:
                raise PicksError(
                    f"expected keys that differ, found {key!r} in rows {before} and {row} of "
                    f"{self.path}"
                )

    def __len__(self) -> int:
        return len(self.tomogram)

    def names(self) -> list[str]:
        """The tomograms' names, each once, in the order of the file."""
        return list(self._rows)

    def rows(self, name: str) -> NDArray[np.int64]:
        """Which rows of the file belong to the tomogram called `name`, counted from 0."""
        if name not in self._rows:
            raise PicksError(f"expected picks of tomogram {name!r}, found none in {self.path}")
        return np.asarray(self._rows[name], np.int64)

    def keys(self, name: str) -> list[str]:
        """A key per row of :meth:`rows`: the file's own, else ``tomogram/000123`` from 0."""
        return [self._keys[row] for row in self.rows(name)]

    def called(self, name: str) -> Picks:
        """The same picks, all of the tomogram `name`: for a file that names no tomogram."""
        return replace(self, tomogram=[name] * len(self))

    def geometry(self, name: str, volume: Volume) -> Geometry:
        """What is known of tomogram `name`: its volume, the tomograms STAR, the optics table.

        Raises
        ------
        PicksError
            The two STAR tables differ in the pixel size of the tilt series.
        """
        row = int(self.rows(name)[0])
        table = self.tomograms.get(clean_name(name), {})
        if self.tomograms and not table:
            raise PicksError(
                f"expected tomogram {name!r} in the tomograms STAR {self.tomograms_path}, found "
                f"{', '.join(sorted(self.tomograms)[:4])}"
            )
        spacing = None
        if (text := self.optics("rlnTomoTiltSeriesPixelSize", row)) is not None:
            spacing = positive(text, "rlnTomoTiltSeriesPixelSize of data_optics", self.path)
        size = None
        if "rlnTomoTiltSeriesPixelSize" in table:
            where = self.tomograms_path or self.path
            listed = positive(
                table["rlnTomoTiltSeriesPixelSize"], "the tomograms STAR's pixel size", where
            )
            if spacing is not None and abs(listed - spacing) > SPACING_TOLERANCE * spacing:
                raise PicksError(
                    f"expected rlnTomoTiltSeriesPixelSize {spacing:g} of {self.path}, found "
                    f"{listed:g} in the tomograms STAR {where} for {name!r}"
                )
            spacing = listed
            if "rlnTomoSizeX" in table:
                x, y, z = (positive(table.get(label, "nothing"), label, where) for label in SIZES)
                size = (x, y, z)
        return Geometry(volume.shape, volume.voxel_spacing, size, spacing)

    def locate(self, name: str, geometry: Geometry) -> Located:
        """Where the picks of `name` are.

        Raises
        ------
        PicksError
            A coordinate is no number, or nothing says its unit.
        """
        rows = self.rows(name)
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is looked at
            coordinate = self.convention.coordinate(self, rows, geometry)
            has_shift = self.convention.has_shift
            shift = self.convention.shift(self, rows, geometry) if has_shift else None
            position = coordinate if shift is None else coordinate - shift
        wrong = np.flatnonzero(~np.isfinite(position).all(axis=1))
        if wrong.size:
            raise PicksError(
                f"expected positions in angstrom, found numbers that are too large in row "
                f"{rows[wrong[0]] + 1} of {self.path}"
            )
        return Located(position, coordinate)

    def optics(self, label: str, row: int) -> str | None:
        """The text of `label` for the optics group of `row`, None where the file has none."""
        table = self.blocks.get("optics", {})
        if label not in table or not table[label]:
            return None
        if "rlnOpticsGroup" not in table or "rlnOpticsGroup" not in self.columns:
            return table[label][0]
        group = self.columns["rlnOpticsGroup"][row]
        if group not in table["rlnOpticsGroup"]:
            raise PicksError(
                f"expected an optics group of {', '.join(table['rlnOpticsGroup'])}, found "
                f"{group} in row {row + 1} of {self.path}"
            )
        return table[label][table["rlnOpticsGroup"].index(group)]

    def xyz(self, labels: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Three columns as numbers in z, y, x, given their names in x, y, z."""
        return np.stack([numbers(self, label, rows) for label in reversed(labels)], axis=1)

    @cached_property
    def has_fractions(self) -> bool:
        """:func:`are_fractions` of the whole file, found once."""
        return are_fractions(self.columns)

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for row, name in enumerate(self.tomogram):
            rows.setdefault(name, []).append(row)
        return rows

    @cached_property
    def _keys(self) -> list[str]:
        if (column := self.convention.key_column(self.columns)) is not None:
            return self.columns[column]
        keys = [""] * len(self.tomogram)
        for name, rows in self._rows.items():
            clean = clean_name(name)
            for number, row in enumerate(rows):
                keys[row] = f"{clean}/{number:06d}"
        return keys


def are_fractions(columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether every ``rlnCoordinateX`` and its like lies between 0 and 1."""
    try:
        return all(0 <= float(text) <= 1 for label in COORDINATES for text in columns[label])
    except (ValueError, KeyError):
        return False


def numbers(picks: Picks, label: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Column `label` as numbers, for `rows`.

    Raises
    ------
    PicksError
        The column is absent or a value is no finite number; names the row.
    """
    if label not in picks.columns:
        raise PicksError(f"expected column {label}, found none in {picks.path}")
    column = picks.columns[label]
    texts = [column[row] for row in rows]
    try:
        values = np.array([float(text) for text in texts], np.float64)
        if np.isfinite(values).all():
            return values
    except ValueError:
        pass
    for row, text in zip(rows, texts, strict=True):
        number(text, f"column {label}, row {row + 1}", picks.path)
    raise AssertionError("unreachable: one of the values is no finite number")


def named_by(labels: Sequence[str], columns: StarTable, path: Path) -> list[str]:
    """The first of the columns `labels` that the file has.

    Raises
    ------
    PicksError
        It has none of them.
    """
    for label in labels:
        if label in columns:
            return columns[label]
    raise PicksError(
        f"expected the tomogram's name in {' or '.join(labels)}, found "
        f"{', '.join(list(columns)[:8])} in {path}"
    )


def image_spacing(picks: Picks, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Angstrom per pixel of the subtomograms of `rows`, None where the file does not say.

    From ``rlnPixelSize``, from ``rlnDetectorPixelSize`` (micrometer) over ``rlnMagnification``,
    or alone (angstrom, as pytom-match-pick means it), or from the optics table.
    """
    if "rlnPixelSize" in picks.columns:
        return _positives(picks, "rlnPixelSize", rows)
    if "rlnDetectorPixelSize" in picks.columns:
        pixel = _positives(picks, "rlnDetectorPixelSize", rows)
        if "rlnMagnification" not in picks.columns:
            return pixel
        return pixel * 1e4 / _positives(picks, "rlnMagnification", rows)
    groups = picks.columns.get("rlnOpticsGroup")
    spacing: dict[str, float] = {}
    for row in rows:
        if (group := groups[row] if groups else "") in spacing:
            continue
        if (text := picks.optics("rlnImagePixelSize", int(row))) is None:
            return None
        spacing[group] = positive(text, "rlnImagePixelSize of data_optics", picks.path)
    return np.array([spacing[groups[row] if groups else ""] for row in rows], np.float64)


def number(text: str, what: str, path: Path) -> float:
    """`text` as a finite number; `what` says where it stands."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise PicksError(f"expected a number in {what}, found {text!r} in {path}")
    return value


def positive(text: str, what: str, path: Path) -> float:
    """`text` as a number above 0: a size, or a scale that others are multiplied by."""
    if (value := number(text, what, path)) <= 0:
        raise PicksError(f"expected a number above 0 in {what}, found {text!r} in {path}")
    return value


def _positives(picks: Picks, label: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Column `label` as numbers above 0, for `rows`."""
    values = numbers(picks, label, rows)
    if (values <= 0).any():
        row = int(rows[np.argmax(values <= 0)])
        positive(picks.columns[label][row], f"column {label}, row {row + 1}", picks.path)
    return values


SIZES = tuple(f"rlnTomoSize{axis}" for axis in "XYZ")
CENTRED = tuple(f"rlnCenteredCoordinate{axis}Angst" for axis in "XYZ")
COORDINATES = tuple(f"rlnCoordinate{axis}" for axis in "XYZ")
ORIGIN_ANGSTROM = tuple(f"rlnOrigin{axis}Angst" for axis in "XYZ")
ORIGIN_PIXELS = tuple(f"rlnOrigin{axis}" for axis in "XYZ")
SUBTOMOGRAM_ANGLES = ("rlnTomoSubtomogramRot", "rlnTomoSubtomogramTilt", "rlnTomoSubtomogramPsi")


def origin_shift(
    picks: Picks, rows: NDArray[np.int64], pixel: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Origin shifts in the tomogram's frame, ``(n, 3)`` z, y, x in angstrom; None without them.

    From ``rlnOriginXAngst``, else from ``rlnOriginX`` times `pixel`. Where the subtomogram was
    cut at an angle, the shift is in its frame and is turned back, as RELION does
    (``ParticleSet::getPosition``).
    """
    if all(label in picks.columns for label in ORIGIN_ANGSTROM):
        shift = picks.xyz(ORIGIN_ANGSTROM, rows)
    elif all(label in picks.columns for label in ORIGIN_PIXELS):
        shift = picks.xyz(ORIGIN_PIXELS, rows) * pixel[:, None]
    else:
        return None
    if not all(label in picks.columns for label in SUBTOMOGRAM_ANGLES):
        return shift
    rot, tilt, psi = (np.radians(numbers(picks, label, rows)) for label in SUBTOMOGRAM_ANGLES)
    turned = np.einsum("nij,nj->ni", relion_matrix(rot, tilt, psi), shift[:, ::-1])  # x, y, z
    return np.ascontiguousarray(turned[:, ::-1])


def relion_matrix(
    rot: NDArray[np.float64], tilt: NDArray[np.float64], psi: NDArray[np.float64]
) -> NDArray[np.float64]:
    """RELION's ``Euler_angles2matrix``, ``(n, 3, 3)`` acting on x, y, z; radians.

    The inverse of the intrinsic ZYZ rotation by `rot`, `tilt`, `psi`.
    """
    zero, one = np.zeros_like(rot), np.ones_like(rot)

    def about_z(angle: NDArray[np.float64]) -> NDArray[np.float64]:
        c, s = np.cos(angle), np.sin(angle)
        return np.stack([c, s, zero, -s, c, zero, zero, zero, one], axis=-1).reshape(-1, 3, 3)

    c, s = np.cos(tilt), np.sin(tilt)
    about_y = np.stack([c, zero, -s, zero, one, zero, s, zero, c], axis=-1).reshape(-1, 3, 3)
    product: NDArray[np.float64] = about_z(psi) @ about_y @ about_z(rot)
    return product
