"""Tables with a header line as columns of text, as spreadsheets, pandas and people save them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.numeral import to_float
from cryoal.io.table import bare, parse_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.io.star import StarTable

__all__ = ["are_numbers", "looks_like_header", "read_columns"]

INDEX = "index"  # what is called the column without a name that pandas puts in front


def looks_like_header(first_line: str) -> bool:
    """Whether a line has names for three columns or more: no numbers, JSON, XML or comment."""
    if first_line.lstrip()[:1] in ("{", "[", "<", "#"):
        return False
    separator = max(",;\t", key=first_line.count)
    cells = [bare(cell) for cell in first_line.split(separator)]
    if separator not in first_line:  # words with spaces between are text, unless they are axes
        cells = first_line.split()
        if not {"x", "y", "z"} <= {cell.lower() for cell in cells}:
            return False
    return len(cells) > 2 and all(cells) and not any(are_numbers([cell]) for cell in cells)


def are_numbers(texts: Sequence[str]) -> bool:
    """Whether each of `texts` that is not empty is a number."""
    try:
        for text in texts:
            if text:
                to_float(text)
    except ValueError:
        return False
    return True


def read_columns(content: bytes, path: Path) -> StarTable | None:
    """The columns of a table; None where the first line is one of numbers.

    Comma, semicolon and tab are told apart, and spaces where there is none of them; the first
    column may have no name, which is pandas' index.

    Raises
    ------
    PicksError
        Broken, without a row, or with a header that does not name each column once.
    """
    table = parse_table(content, path, lambda names: True, PicksError)
    names, rows = table.names, [row.cells for row in table.rows]
    if len(names) == 1 and len(names[0].split()) > 2:
        names = names[0].split()
        rows = [row[0].split() for row in rows]
        for row, cells in zip(table.rows, rows, strict=True):
            if len(cells) != len(names):
                raise PicksError(
                    f"expected {len(names)} values, as in the header, in {path} line {row.line}, "
                    f"found {len(cells)}"
                )
    if names and are_numbers(names) and all(names):
        return None
    if names:
        names = [bare(names[0].lstrip("#")), *names[1:]]
    while names and not names[-1] and not any(cells[-1] for cells in rows):
        names, rows = names[:-1], [cells[:-1] for cells in rows]  # commas after the last column
    if names and not names[0] and INDEX not in names:
        names = [INDEX, *names[1:]]
    if len(set(names)) != len(names) or not all(names):
        twice = next((name for name in names if name and names.count(name) > 1), None)
        found = f"{twice!r} twice" if twice else f"{', '.join(names)!r}"
        raise PicksError(
            f"expected a header line with a name for each column, found {found[:80]} in {path}"
        )
    if not rows:
        raise PicksError(f"expected picks, found none in {path}")
    return {name: list(column) for name, *column in zip(names, *rows, strict=True)}
