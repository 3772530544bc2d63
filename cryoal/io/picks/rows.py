"""Rows of numbers without a header: what Dynamo's tables and plain lists of coordinates are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.numeral import to_float

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["first_row", "first_rows", "is_number", "rows_of_numbers"]

COMMENTS = ("#", "%")  # the second is MATLAB's
BETWEEN = re.compile(r"\s*[,;\t]\s*|\s+")


def is_number(text: str) -> bool:
    """Whether `text` is a number in ASCII; nan and infinities are."""
    try:
        to_float(text)
    except ValueError:
        return False
    return True


def split_row(line: str) -> list[str]:
    """The values of a line between white space, commas, semicolons or tabs."""
    return BETWEEN.split(line.strip())


def first_rows(head: bytes) -> list[list[str]]:
    """The values of each whole line in the beginning of a text file; comments are left out."""
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = text.splitlines()
    if len(lines) > 1 and not text.endswith(("\n", "\r")):
        lines.pop()  # the beginning may end within it
    return [
        split_row(line) for line in lines if line.strip() and not line.lstrip().startswith(COMMENTS)
    ]


def first_row(head: bytes) -> list[str]:
    """The first of :func:`first_rows`; no value where there is none."""
    return next(iter(first_rows(head)), [])


def rows_of_numbers(
    text: str, path: Path, *, is_value: Callable[[str], bool] = is_number
) -> list[list[str]]:
    """The rows of `text` as texts; comments and empty lines are left out.

    Raises
    ------
    PicksError
        No rows, rows of different lengths, or a value that is no number; names the line.
    """
    split = split_row if any(mark in text for mark in ",;") else str.split
    rows: list[list[str]] = []
    lines: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith(COMMENTS):
            continue
        row = split(line)
        if rows and len(row) != len(rows[0]):
            raise PicksError(
                f"expected {len(rows[0])} numbers, as above, found {len(row)} in line {number} of "
                f"{path}"
            )
        rows.append(row)
        lines.append(number)
    if not rows:
        raise PicksError(f"expected picks, found none in {path}")
    for column in zip(*rows, strict=True):
        if all(map(is_value, set(column))):  # most columns of a table have few values
            continue
        number, value = next(
            (n, text) for n, text in zip(lines, column, strict=True) if not is_value(text)
        )
        raise PicksError(
            f"expected rows of numbers, found {value[:40]!r} in line {number} of {path}"
        )
    return rows
