"""Particles as CSV: key, tomogram, where it is in angstrom, then all columns of the source."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from cryoal.records import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cryoal.io.picks.write import ParticlePart

__all__ = ["write_csv"]


def write_csv(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write `parts` with one header; a column that a part does not have is empty there.

    ``x_angstrom`` and its like are positions after the origin shift, 0 = first voxel. A column of
    the source by the same name as one of the first five is left as it was.
    """
    tables = [_columns(part) for part in parts]
    header = list(dict.fromkeys(label for table in tables for label in table))
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for part, table in zip(parts, tables, strict=True):
            writer.writerows(_rows(table, header, len(part)))


def _columns(part: ParticlePart) -> dict[str, Sequence[str]]:
    columns: dict[str, Sequence[str]] = {"key": part.keys, "tomogram": part.tomogram}
    for axis, label in enumerate(("x_angstrom", "y_angstrom", "z_angstrom")):
        columns[label] = [f"{value:.4f}" for value in part.position_zyx_angstrom[:, 2 - axis]]
    return {**columns, **part.columns, **part.extra}


def _rows(
    table: dict[str, Sequence[str]], header: Sequence[str], n_rows: int
) -> Iterator[tuple[str, ...]]:
    empty = [""] * n_rows
    return zip(*(table.get(label, empty) for label in header), strict=True)
