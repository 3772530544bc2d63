"""A file of picks as it was read: every column as text, and the convention to read it by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.fractions import are_fractions
from cryoal.io.picks.geometry import Located
from cryoal.io.picks.names import distinct_names
from cryoal.io.picks.numbers import numbers, scores
from cryoal.io.picks.star_columns import COORDINATES
from cryoal.io.picks.tilt_series import geometry_of
from cryoal.io.texts import Packed, chosen, joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.base import PickFormat
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.star import StarTable
    from cryoal.io.volumes.base import Volume

__all__ = ["Picks"]


@dataclass(frozen=True)
class Picks:
    """A file of picks: every column as text, and the convention by which to read it.

    `reason` says in one line how the format was told; `blocks` are the file's other blocks
    (optics, general), in order; `tomogram` is the name of each row as the file says it;
    `tomograms` is the table of the tomograms STAR that came with it, by clean name;
    `coordinate_spacing` is the user's word on the unit, angstrom per pixel; `switches` are the
    user's choices where programs disagree on a format; `remarks` are what the user should hear of
    the file; `asked` is what else the user said of how to read it, by option.
    """

    path: Path
    format: str
    reason: str
    convention: type[PickFormat]
    columns: StarTable
    blocks: dict[str, StarTable]
    tomogram: Sequence[str]
    tomograms: dict[str, dict[str, str]] = field(default_factory=dict)
    tomograms_path: Path | None = None
    coordinate_spacing: float | None = None
    switches: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    asked: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = self._keys
        hashes = np.sort(np.fromiter(map(hash, keys), np.int64, len(keys)))
        if "" not in keys and (hashes[1:] != hashes[:-1]).all():
            return  # a dictionary of them takes more memory than they do
        seen: dict[str, int] = {}
        for row, key in enumerate(keys, start=1):
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
        return self._rows[name]

    def keys(self, name: str) -> Sequence[str]:
        """A key per row of :meth:`rows`: the file's own, else ``tomogram/000123`` from 0."""
        return chosen(self._keys, self.rows(name))

    def called(self, name: str) -> Picks:
        """The same picks, all of the tomogram `name`: for a file that names no tomogram."""
        return replace(self, tomogram=[name] * len(self))

    def geometry(self, name: str, volume: Volume, *, is_told: bool = False) -> Geometry:
        """What is known of tomogram `name`: :func:`cryoal.io.picks.tilt_series.geometry_of`."""
        return geometry_of(self, name, volume, is_told=is_told)

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
        return Located(position, coordinate, tuple(self.convention.notes(self, rows, geometry)))

    def switch(self, name: str) -> str:
        """The user's choice of this name, else the format's default."""
        return self.switches.get(name) or self.convention.switches[name][0]

    def optics(self, label: str, row: int) -> str | None:
        """The text of `label` for the optics group of `row`, None where the file has none."""
        table = self.blocks.get("optics", {})
        if label not in table or not table[label]:
            return None
        if "rlnOpticsGroup" not in table or "rlnOpticsGroup" not in self.columns:
            if len(said := list(dict.fromkeys(table[label]))) > 1:
                raise PicksError(
                    f"expected column rlnOpticsGroup, as data_optics has several {label} "
                    f"({', '.join(said[:4])}), found none in {self.path}"
                )
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
    def rotation(self) -> NDArray[np.float64] | None:
        """The pose of each row, :meth:`PickFormat.rotation`."""
        return self.convention.rotation(self.columns)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """The picker's own score of each row, higher is better; NaN where it gave none."""
        column = self.convention.score_column(self.columns)
        if column is None:
            return np.full(len(self), np.nan)
        return scores(self.columns[column])

    @cached_property
    def groups(self) -> Sequence[str]:
        """The filament of each row within its tomogram, "" where the file tells none."""
        column = self.convention.group_column(self.columns)
        return [""] * len(self) if column is None else self.columns[column]

    @cached_property
    def has_fractions(self) -> bool:
        """:func:`are_fractions` of the whole file, found once."""
        return are_fractions(self.columns, COORDINATES)

    @cached_property
    def _rows(self) -> dict[str, NDArray[np.int64]]:
        numbers: dict[str, int] = {}
        of_each = (numbers.setdefault(name, len(numbers)) for name in self.tomogram)
        number = np.fromiter(of_each, np.int64, len(self))
        in_order = np.argsort(number, kind="stable")
        ends = np.cumsum(np.bincount(number, minlength=len(numbers)))
        return dict(zip(numbers, np.split(in_order, ends[:-1]), strict=True)) if numbers else {}

    @cached_property
    def _keys(self) -> Sequence[str]:
        if (column := self.convention.key_column(self.columns)) is not None:
            return self.columns[column]
        short = distinct_names(self.names())
        by_tomogram = joined(
            [
                Packed.of([f"{short[name]}/{number:06d}" for number in range(len(rows))])
                for name, rows in self._rows.items()
            ]
        )
        in_order = np.concatenate([np.zeros(0, np.int64), *self._rows.values()])
        return chosen(by_tomogram, np.argsort(in_order))
