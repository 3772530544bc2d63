"""Rows of text as a table of values in one step."""

from __future__ import annotations

import csv
import math
import re
from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.names import clean_name
from cryoal.records import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.write import ParticlePart

__all__ = ["NO_CLASS", "by_tomogram", "decimals", "require_file_name", "score_text", "write_rows"]

NO_CLASS = "unclassified"  # where a format has to say one
IS_FILE = re.compile(r"[/\\]|\.(tomostar|mrcs?|rec|map|st|ali|zarr|em|hdf5?|tiff?)$", re.IGNORECASE)


def write_rows(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    to: str,
    *,
    delimiter: str = ",",
) -> None:
    """Write `header` and `rows` to `path`; PicksError where there is no row."""
    is_empty = True
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n", delimiter=delimiter)
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            is_empty = False
        if is_empty:
            raise PicksError(f"expected particles to write as {to} to {path}, found none")


def decimals(xyz: NDArray[np.float64]) -> list[str]:
    """Numbers with four decimals, which are 1e-4 of a voxel or of an angstrom, none as -0.0000."""
    return [f"{value:.4f}" for value in (xyz + 0.0).tolist()]


def score_text(score: float) -> str:
    """Six digits; nothing where there is none."""
    return "" if math.isnan(score) else f"{score:.6g}"


def require_file_name(name: str, what: str) -> None:
    """PicksError where no file can have this name; `what` says whose it is."""
    if not name.strip(". ") or any(c in "/\\\0\r\n" for c in name):
        raise PicksError(f"expected {what} that a file can have, found {name!r}")


def by_tomogram(
    parts: Sequence[ParticlePart], to: str
) -> dict[str, list[tuple[ParticlePart, list[int]]]]:
    """The rows of each part by the name of their tomogram, for formats of one file each.

    Names stay as they are unless they are those of files: ``a/TS_1.mrc`` is ``TS_1``.

    Raises
    ------
    PicksError
        Two names that are one as a file's, or one that no file can have.
    """
    found: dict[str, list[tuple[ParticlePart, list[int]]]] = {}
    spelt: dict[str, str] = {}
    for part in parts:
        here: dict[str, list[int]] = {}
        for row, name in enumerate(part.tomogram):
            here.setdefault(name, []).append(row)
        for name, rows in here.items():
            clean = clean_name(name) if IS_FILE.search(name) else name
            if (other := spelt.setdefault(clean, name)) != name:
                raise PicksError(
                    f"expected tomograms whose names differ as names of files of {to}, found "
                    f"{other!r} and {name!r}, both {clean!r}"
                )
            require_file_name(clean, "a tomogram's name")
            found.setdefault(clean, []).append((part, rows))
    return found
