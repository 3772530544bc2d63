"""STAR files that list other files of picks: RELION's optimisation sets and import tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.numeral import to_float
from cryoal.io.picks.project import in_project
from cryoal.io.picks.star_columns import ANGLES, COORDINATES, SUBTOMOGRAM_ANGLES
from cryoal.io.star import read_star
from cryoal.within import require_within

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.io.star import StarTable

__all__ = ["IMPORTED", "PARTICLES", "TOMOGRAMS", "imported", "optimisation_set"]

IMPORTED = "rlnTomoImportParticleFile"
PARTICLES = "rlnTomoParticlesFile"
TOMOGRAMS = "rlnTomoTomogramsFile"
BESIDE = ("0", "90", "0")  # rot, tilt, psi that RELION puts beside the angles of a text


def optimisation_set(blocks: dict[str, StarTable], path: Path) -> tuple[Path, Path | None] | None:
    """The particles and tomograms that an optimisation set names; None if `blocks` are of none.

    Raises
    ------
    PicksError
        It names no particles, or a file that is not there.
    """
    for table in blocks.values():
        if PARTICLES not in table and TOMOGRAMS not in table:
            continue
        named = ["".join(table.get(label, [])[:1]) for label in (PARTICLES, TOMOGRAMS)]
        if not named[0]:
            raise PicksError(f"expected {PARTICLES} in the optimisation set {path}, found none")
        particles, tomograms = (in_project(text, path) if text else None for text in named)
        for file in (particles, tomograms):
            if file is not None and not file.is_file():
                raise PicksError(
                    f"expected {file}, which the optimisation set {path} names, found no file from "
                    "any folder above it: give it yourself (--picks, --tomograms)"
                )
        return None if particles is None else (particles, tomograms)
    return None


def imported(table: StarTable, path: Path) -> StarTable:
    """The particles of all files that a table of ``rlnTomoImportParticleFile`` lists.

    As RELION 5 joins them (``import_coordinates.cpp``): a STAR file has its own columns, a text of
    3 or 6 numbers a line has ``rlnCoordinateX`` Y Z and the subtomogram's angles; lines of no
    numbers are passed over.

    Raises
    ------
    PicksError
        A file is not there, has no particles, or has other columns than those before it.
    """
    names = table.get("rlnTomoName", [""] * len(table[IMPORTED]))
    joined: dict[str, list[str]] = {}
    for name, text in zip(names, table[IMPORTED], strict=True):
        file = in_project(text, path)
        if not file.is_file():
            raise PicksError(f"expected {file}, which {path} lists, found no file")
        columns = _columns(file)
        n_rows = len(next(iter(columns.values()), []))
        if not n_rows:
            continue
        columns.setdefault("rlnTomoName", [name] * n_rows)
        other = next((found for found in columns["rlnTomoName"] if name and found != name), None)
        if other is not None:
            raise PicksError(
                f"expected particles of {name!r} in {file}, as {path} says, found {other!r}"
            )
        if joined and joined.keys() != columns.keys():
            differ = ", ".join(sorted(joined.keys() ^ columns.keys())[:4])
            raise PicksError(
                f"expected the same columns in all files that {path} lists, found {file} to differ "
                f"in {differ}"
            )
        for label, values in columns.items():
            joined.setdefault(label, []).extend(values)
    if not joined:
        raise PicksError(f"expected particles in the files that {path} lists, found none")
    return dict(joined)


def _columns(file: Path) -> StarTable:
    require_within(file, PicksError)
    if file.suffix.lower() == ".star":
        blocks = read_star(file)
        table = blocks.get("particles") or next(
            (t for t in blocks.values() if any("Coordinate" in label for label in t)), None
        )
        if table is None:
            raise PicksError(f"expected particles, found no block with coordinates in {file}")
        return {label: list(values) for label, values in table.items()}
    labels = (*COORDINATES, *SUBTOMOGRAM_ANGLES)
    rows: list[list[str]] = []
    try:
        for line in file.read_text(encoding="utf-8").splitlines():
            words = line.split()[:6]
            if len(words) >= 3 and all(_is_number(word) for word in words[:3]):
                rows.append(words)
    except UnicodeDecodeError as error:
        raise PicksError(f"expected a text of coordinates, found bytes in {file}") from error
    has_angles = bool(rows) and all(len(r) == 6 and all(map(_is_number, r)) for r in rows)
    width = 6 if has_angles else 3
    found: StarTable = {
        label: [row[place] for row in rows] for place, label in enumerate(labels[:width])
    }
    if has_angles:
        found |= {a: [t] * len(rows) for a, t in zip(ANGLES, BESIDE, strict=True)}
    return found


def _is_number(text: str) -> bool:
    try:
        to_float(text)
    except ValueError:
        return False
    return True
