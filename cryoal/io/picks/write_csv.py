"""Particles as CSV: key, tomogram, where it is in angstrom, then all columns of the source."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.picks.star_table import pose_columns
from cryoal.io.texts import STEP, Numbers, same
from cryoal.records import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.write import ParticlePart

__all__ = ["write_csv"]

KEY = "key"


def write_csv(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write `parts` with one header; a column that a part does not have is empty there.

    ``x_angstrom`` and its like are positions after the origin shift, 0 = first voxel; the source's
    own stay the text that they were where they say the same. Where the source has a pose in
    columns that a CSV does not know, it is in ``rlnAngleRot`` and its like too.
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
    own = dict(part.columns)
    if part.key_column == KEY and KEY in own:
        del own[KEY]  # the pool's tell sets of picks apart that had the same keys
    columns: dict[str, Sequence[str]] = {KEY: part.keys, "tomogram": part.tomogram}
    for axis, label in enumerate(("x_angstrom", "y_angstrom", "z_angstrom")):
        position = part.position_zyx_angstrom[:, 2 - axis]
        columns[label] = Numbers(position, ".4f")
        if label in own and not _say(own[label], position):
            del own[label]
    pose = {label: cells for label, cells in pose_columns(part).items() if label not in own}
    return {**columns, **own, **pose, **part.extra}


def _say(cells: Sequence[str], position: NDArray[np.float64]) -> bool:
    """Whether a column is the position, to 1e-3 angstrom."""
    try:
        numbers = np.fromiter(map(float, cells), np.float64, len(cells))
        return bool(np.all(np.abs(numbers - position) <= 1e-3))
    except ValueError:
        return False


def _rows(
    table: dict[str, Sequence[str]], header: Sequence[str], n_rows: int
) -> Iterator[tuple[str, ...]]:
    empty = same("", n_rows)
    columns = [table.get(label, empty) for label in header]
    for start in range(0, n_rows, STEP):
        cells = [column[start : start + STEP] for column in columns]
        yield from zip(*cells, strict=True)
