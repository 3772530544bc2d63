"""STAR tables, without loss: every value stays the text it was.

The starfile package is not used: it turns ``it's`` into ``it"s``, cuts ``a#b`` at the hash, makes
``nan`` an empty cell and numbers of names (measured with 0.5.13); a name such as ``001`` or a
coordinate's last digit must come out as it came in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from cryoal.errors import PicksError
from cryoal.records import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["StarTable", "parse_star", "read_star", "write_star"]

StarTable: TypeAlias = dict[str, list[str]]
"""Columns of text, all of one length; a list of single values is a table of one row."""

# A value in quotes ends with the quote that white space follows; a comment begins a word.
WORD = re.compile(r"""'(.*?)'(?=\s|$)|"(.*?)"(?=\s|$)|\#.*|(\S+)""")
NEEDS_CARE = re.compile(r"""['"#]""")
NEEDS_QUOTES = re.compile(r"""\s|^$|^['"#_]|^data_|^loop_""")
LISTS = ("general",)  # RELION writes this block as a list, the others as loops


def read_star(path: Path) -> dict[str, StarTable]:
    """The blocks of the STAR file in `path`, as :func:`parse_star` has them.

    Raises
    ------
    PicksError
        Absent, not text, or not STAR.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PicksError(f"expected a STAR file, found bytes that are no text in {path}") from error
    except OSError as error:
        raise PicksError(f"expected a STAR file, cannot read {path}: {error.strerror}") from error
    return parse_star(text, path)


def parse_star(text: str, path: Path) -> dict[str, StarTable]:
    """The blocks of a STAR file in order, by name without ``data_``; values are text.

    Windows line ends, tabs, quotes, comments and blank lines between rows are read as RELION and
    Warp read them: a row of a loop is one line.

    Raises
    ------
    PicksError
        Not STAR, a row of the wrong length, or a name that occurs twice.
    """
    blocks: dict[str, StarTable] = {}
    table: StarTable | None = None
    columns: list[list[str]] | None = None  # of the loop we are in
    is_header = False
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if not stripped or stripped[0] == "#":
            continue
        first, _, rest = stripped.partition(" ")
        if first.startswith("data_") and rest.lstrip()[:1] in ("", "#"):
            name = first[5:]
            if name in blocks:
                raise PicksError(f"expected one block data_{name}, found two in {path}")
            table, columns = blocks.setdefault(name, {}), None
            continue
        if table is None:
            shown = stripped[:40]
            raise PicksError(
                f"expected a STAR file (data_...), found {shown!r} in line {number} of {path}"
            )
        if stripped == "loop_":
            columns, is_header = [], True
            continue
        if stripped[0] == "_" and (columns is None or is_header):
            label, *values = _words(stripped)
            label = label[1:]
            if label in table:
                raise PicksError(f"expected column {label} once, found it twice in {path}")
            table[label] = [] if columns is not None else values[:1]
            if columns is not None:
                columns.append(table[label])
            elif len(values) != 1:
                raise PicksError(
                    f"expected one value for {label}, found {len(values)} in line {number} of "
                    f"{path}"
                )
            continue
        is_header = False
        row = _words(stripped) if NEEDS_CARE.search(stripped) else stripped.split()
        if columns is None or len(row) != len(columns):
            expected = len(columns) if columns is not None else 0
            raise PicksError(
                f"expected {expected} values, found {len(row)} in line {number} of {path}"
            )
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    if not blocks:
        raise PicksError(f"expected a STAR file (data_...), found no block in {path}")
    return blocks


def write_star(path: Path, blocks: Mapping[str, StarTable], remarks: Sequence[str] = ()) -> None:
    """Write `blocks` in order, in one step; ``data_general`` as a list, the others as loops.

    Each of `remarks` is a comment line at the head.
    """
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.writelines(f"# {' '.join(remark.split())}\n" for remark in remarks)
        for name, table in blocks.items():
            file.writelines(_lines(name, table))


def _words(line: str) -> list[str]:
    """The values of a line; RELION's quotes are taken off, a comment is left out."""
    words = []
    for match in WORD.finditer(line):
        single, double, bare = match.groups()
        word = next((value for value in (single, double, bare) if value is not None), None)
        if word is not None:
            words.append(word)
        else:
            break  # a comment
    return words


def _lines(name: str, table: StarTable) -> Iterator[str]:
    yield f"\ndata_{name}\n\n"
    n_rows = len(next(iter(table.values()), []))
    if name in LISTS and n_rows == 1:
        for label, values in table.items():
            yield f"_{label}\t{_quoted(values[0])}\n"
        yield "\n"
        return
    yield "loop_\n"
    for number, label in enumerate(table, start=1):
        yield f"_{label} #{number}\n"
    for row in zip(*table.values(), strict=True):
        yield _row(row)
    yield "\n"


def _row(row: Sequence[str]) -> str:
    return "\t".join(map(_quoted, row)) + "\n"


def _quoted(value: str) -> str:
    """`value` as RELION writes it: in quotes when empty, with white space, or like a keyword.

    Raises
    ------
    PicksError
        A line end, or both kinds of quotes before white space: STAR cannot hold these in a row.
    """
    if not NEEDS_QUOTES.search(value):
        return value
    for quote in "\"'":
        if not re.search(rf"{quote}(\s|$)|[\n\r]", value):
            return f"{quote}{value}{quote}"
    raise PicksError(f"expected a value that fits in a line of STAR, found {value[:60]!r}")
