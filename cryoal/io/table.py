"""A table of text as a spreadsheet saves it, read whole or not at all."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.errors import CryoALError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Row", "Table", "bare", "decoded", "parse_table", "read_table"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, which begins alike
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SEPARATOR_LINE = re.compile(r'"?sep=([^\r\n"])"?\r?(?:\n|$)', re.IGNORECASE)  # of Excel
_AROUND = " \t\u00a0\u2007\u202f\u200b\ufeff"  # what spreadsheets and web pages leave about a word


@dataclass(frozen=True)
class Row:
    """The cells of a row, without spaces about them."""

    line: int
    """Where it begins; the first is 1."""
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """A header and the rows below it that are not empty, each as wide as the header."""

    names: list[str]
    rows: list[Row]


def bare(cell: str) -> str:
    """A cell without the spaces about it, of which there are several kinds."""
    return cell.strip().strip(_AROUND).strip()


def read_table(
    path: Path,
    is_header: Callable[[Sequence[str]], bool],
    error: type[CryoALError] = FileFormatError,
) -> Table:
    """The table in a file of comma, semicolon or tab separated values: :func:`parse_table`.

    Raises
    ------
    CryoALError
        Of the kind `error`.
    """
    return parse_table(path.read_bytes(), path, is_header, error)


def parse_table(
    content: bytes,
    path: Path,
    is_header: Callable[[Sequence[str]], bool],
    error: type[CryoALError] = FileFormatError,
) -> Table:
    """The table in `content`, which are comma, semicolon or tab separated values from `path`.

    Understood are UTF-8, UTF-16 and UTF-32 with their marks, every kind of line end, quoted cells,
    Excel's line ``sep=;``, and empty cells at the end of a row. What might be read in another way
    than it was meant is refused with its line: a quote that nothing closes, a quoted cell that
    holds a whole row, a row that is wider or narrower than the header.

    Parameters
    ----------
    is_header
        Whether these names are those of the columns that are wanted: decides between the
        separators. Where none fits, the table has no rows, and the most names there are.
    error
        The class of the errors.

    Raises
    ------
    CryoALError
        Of the kind `error`.
    """
    text, first = decoded(content, path, error), 1
    separators = [",", ";", "\t"]
    if separator := _SEPARATOR_LINE.match(text):
        text, first, separators = text[separator.end() :], 2, [separator[1]]
    headers = {one: _header(text, one) for one in separators}
    fitting = [one for one in separators if is_header(headers[one])] or separators
    delimiter = max(fitting, key=lambda one: len(headers[one]))
    rows = _rows(text, delimiter, first, path, error)
    names = next(rows, Row(first, [])).cells
    if not is_header(names):
        return Table(names, [])
    return Table(names, [_as_wide(row, names, path, error) for row in rows])


def decoded(content: bytes, path: Path, error: type[CryoALError] = FileFormatError) -> str:
    """`content` as text, in UTF-8 or in what its byte order mark says.

    Raises
    ------
    CryoALError
        Of the kind `error`: other bytes, or a byte of zeros; names the line.
    """
    mark, encoding = next((m for m in _MARKS if content.startswith(m[0])), (b"", "utf-8"))
    content = content[len(mark) :]
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as problem:
        line = content[: problem.start].decode(encoding, "replace").count("\n") + 1
        raise error(
            f"expected a CSV file in UTF-8, found other bytes in {path} line {line}: save it as "
            "'CSV UTF-8'"
        ) from problem
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise error(f"expected text in {path} line {line}, found a byte of zeros")
    return text


def _header(text: str, delimiter: str) -> list[str]:
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cells := [bare(cell) for cell in row]):
                return cells
    except csv.Error:  # which reading the rows tells
        pass
    return []


def _rows(
    text: str, delimiter: str, first: int, path: Path, error: type[CryoALError]
) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    width = 0
    while True:
        line = first + reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise error(f"expected CSV in {path} line {line}, found {_said(problem)}") from problem
        if not any(map(bare, cells)):
            continue  # spreadsheets leave empty rows
        width = width or len(cells)
        for cell in cells:
            # A comment may have line breaks. A quote too many in one row and one in a later row
            # make a cell of all that is between them: as many separators as there are in a row.
            if ("\n" in cell or "\r" in cell) and cell.count(delimiter) >= width - 1:
                raise error(
                    f"expected a row in {path} line {line}, found a quote in it that is closed in "
                    f"line {first + reader.line_num - 1} only, with whole rows between"
                )
        yield Row(line, [bare(cell) for cell in cells])


def _said(problem: csv.Error) -> str:
    text = str(problem)
    return "a quote that nothing closes" if "unexpected end" in text else text


def _as_wide(row: Row, names: list[str], path: Path, error: type[CryoALError]) -> Row:
    cells = list(row.cells)
    while len(cells) > len(names) and not cells[-1]:
        del cells[-1]
    while len(cells) < len(names) and not names[len(cells)]:
        cells.append("")
    if len(names) == 2 and len(cells) == 1:
        cells.append("")  # Excel leaves separators out where a last column is empty for long
    if len(cells) != len(names):
        raise error(
            f"expected {len(names)} cells, as in the header, in {path} line {row.line}, "
            f"found {len(cells)}"
        )
    return Row(row.line, cells)
