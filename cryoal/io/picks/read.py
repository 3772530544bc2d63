"""A file of picks, its format told from its columns."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, cast

from cryoal.errors import PicksError
from cryoal.io.picks import PICKS
from cryoal.io.picks.base import PickFormat, Picks, clean_name
from cryoal.io.star import read_star

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryoal.io.star import StarTable

__all__ = ["read_picks"]


def read_picks(
    path: Path,
    *,
    format_name: str | None = None,
    tomograms: Path | None = None,
    coordinate_spacing: float | None = None,
) -> Picks:
    """The picks in `path`, every column as text.

    Parameters
    ----------
    format_name
        A name of the table ``PICKS``; told from the columns when None.
    tomograms
        RELION's or Warp's tomograms STAR, for the size and pixel of the unbinned tomograms.
    coordinate_spacing
        Angstrom per pixel of the coordinates, where the file does not say or says it wrongly
        (``--coords_angpix`` of WarpTools).

    Raises
    ------
    PicksError
        Not a STAR or CSV file of picks, of no known format, or with a key that occurs twice.
    UnknownNameError
        No format called `format_name`.
    """
    if coordinate_spacing is not None and not 0 < coordinate_spacing < float("inf"):
        raise PicksError(f"expected a coordinate spacing above 0, found {coordinate_spacing}")
    for file in (path, tomograms):
        if file is not None and not file.is_file():
            raise PicksError(f"expected a file of picks or tomograms, found no file at {file}")
    is_csv = path.suffix.lower() in (".csv", ".tsv") or format_name == "csv"
    columns, blocks = _read_csv(path) if is_csv else _read_particles(path)
    listed = _read_tomograms(tomograms) if tomograms is not None else {}
    hints = dict(blocks)
    if listed:  # a tomograms STAR says the pixel size as well as an optics table does
        hints["global"] = {label: [] for label in next(iter(listed.values()))}
    names = [format_name] if format_name else ["csv"] if is_csv else _star_formats()
    for name in names:
        convention = cast("type[PickFormat]", PICKS.load(name))
        reason = convention.recognise(columns, hints)
        if reason is not None or format_name:
            break
    else:
        raise PicksError(
            f"expected columns of a known format ({', '.join(names)}), found "
            f"{', '.join(list(columns)[:8])} in {path}"
        )
    if format_name:
        reason = f"{format_name}, as asked"
    return Picks(
        path=path,
        format=name,
        reason=reason or "",
        convention=convention,
        columns=columns,
        blocks=blocks,
        tomogram=convention.tomogram(columns, path),
        tomograms=listed,
        tomograms_path=tomograms,
        coordinate_spacing=coordinate_spacing,
    )


def _star_formats() -> list[str]:
    return [name for name in PICKS.names() if name != "csv"]


def _read_particles(path: Path) -> tuple[StarTable, dict[str, StarTable]]:
    """The table of particles, and the other blocks in order."""
    blocks = read_star(path)
    for table in blocks.values():
        if "rlnTomoParticlesFile" in table:
            named = "".join(table["rlnTomoParticlesFile"][:1]) or "the particles that it names"
            raise PicksError(
                f"expected particles, found an optimisation set in {path}: give {named} (--picks) "
                "and its tomograms (--tomograms)"
            )
    if "particles" in blocks:
        name = "particles"
    else:
        fitting = [n for n, table in blocks.items() if any("Coordinate" in c for c in table)]
        if len(fitting) != 1:
            shown = ", ".join(f"data_{n}" for n in list(blocks)[:4])
            raise PicksError(
                f"expected one block with coordinates (data_particles), found {shown} in {path}"
            )
        name = fitting[0]
    columns = blocks.pop(name)
    if not next(iter(columns.values()), []):
        raise PicksError(f"expected particles, found none in data_{name} of {path}")
    return columns, blocks


def _read_csv(path: Path) -> tuple[StarTable, dict[str, StarTable]]:
    """The columns of a CSV file with a header line; comma, semicolon or tab."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PicksError(f"expected a CSV file, found bytes that are no text in {path}") from error
    except OSError as error:
        raise PicksError(f"expected a CSV file, cannot read {path}: {error.strerror}") from error
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = _csv_rows(text, delimiter, path)
    header = [label.strip() for label in next(rows, (1, []))[1]]
    if len(set(header)) != len(header) or not all(header):
        raise PicksError(
            f"expected a header line with a name for each column, found {head[:60]!r} in {path}"
        )
    columns: StarTable = {label: [] for label in header}
    for line, row in rows:
        if not row:
            continue
        if len(row) != len(header):
            raise PicksError(
                f"expected {len(header)} values, found {len(row)} in line {line} of {path}"
            )
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value.strip())
    if not next(iter(columns.values()), []):
        raise PicksError(f"expected picks, found none in {path}")
    return columns, {}


def _csv_rows(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows, each with the line where it begins.

    Strict, as a quote that nothing closes would take the rows after it into its cell.
    """
    rows = csv.reader(text.splitlines(), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in rows:
            yield line, row
            line = rows.line_num + 1
    except csv.Error as error:
        raise PicksError(
            f"expected a CSV file, found it broken from line {line} of {path}: {error}"
        ) from error


def _read_tomograms(path: Path) -> dict[str, dict[str, str]]:
    """The rows of a tomograms STAR, by clean name."""
    table = read_star(path).get("global", {})
    if "rlnTomoName" not in table:
        raise PicksError(f"expected data_global with rlnTomoName (a tomograms STAR), found {path}")
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return {clean_name(row["rlnTomoName"]): row for row in rows}
