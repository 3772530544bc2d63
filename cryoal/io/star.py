"""STAR tables, without loss: every value stays the text it was.

The starfile package is not used: it turns ``it's`` into ``it"s``, cuts a bare ``a#b`` at the hash,
makes ``nan`` an empty cell and numbers of names (measured with 0.5.13); a name such as ``001`` or a
coordinate's last digit must come out as it came in. What is written has quotes around a hash, so
that starfile too reads ``a#b``; ``it's`` has no spelling that it would read.

RELION ends a loop at the first line that is empty (``readStarLoop`` of ``metadata_table.cpp``,
3.1.3 to 5): rows below are lost without a word. 3.1.3 makes nothing of files with Windows line
ends. Here all rows are read, and :attr:`StarFile.remarks` say what RELION would make of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from cryoal.errors import PicksError
from cryoal.io.texts import STEP, Packed, joined, same
from cryoal.records import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from cryoal.io.texts import Texts

__all__ = ["Columns", "StarFile", "StarTable", "parse_star", "read_star", "write_star"]

StarTable: TypeAlias = "dict[str, Sequence[str]]"
"""Columns of text, all of one length; a list of single values is a table of one row.

Those of a file that was read are :class:`~cryoal.io.texts.Texts`: nobody changes them.
"""

Columns: TypeAlias = "dict[str, Sequence[str]]"
"""The same to be written, where cells may be made when they are asked for."""

WHITE = r"[ \t\r\f\v]"  # of the line, as RELION has it: a name may hold other kinds of space
WORD = re.compile(WHITE.replace("[", "[^") + "+")
# A value in quotes ends with the quote that white space follows, and RELION's mark (a bell) does
# not go before; a comment begins a word.
CLOSING = {quote: re.compile(rf"(?<!\a){quote}(?={WHITE}|$)") for quote in "'\""}
NEEDS_CARE = re.compile(r"""['"#]|[^\x00-\x7f]""")
NEEDS_QUOTES_IN_LINES = ("#", "\n'", '\n"', "\n_", "\ndata_", "\nloop_")
"""What of that is to be found in cells that stand below each other, each without white space."""
NEEDS_QUOTES = re.compile(r"""\s|^$|^['"_]|\#|^data_|^loop_""")
ROWS_AT_ONCE = 1 << 14  # that are lists of words at a time
LETTERS_AT_ONCE = 1 << 20  # that are lines at a time
LISTS = ("general",)  # RELION writes this block as a list, the others as loops


@dataclass
class StarFile:
    """The blocks of a STAR file in order, by name without ``data_``, and what to know of it."""

    blocks: dict[str, StarTable] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    """How RELION would read it otherwise, one line each."""


def read_star(path: Path) -> dict[str, StarTable]:
    """The blocks of the STAR file `path`, see :func:`parse_star`.

    Raises
    ------
    PicksError
        Absent, not text, not STAR, a row of the wrong length, or a name that occurs twice.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PicksError(f"expected a STAR file, found bytes that are no text in {path}") from error
    except OSError as error:
        raise PicksError(f"expected a STAR file, cannot read {path}: {error.strerror}") from error
    return parse_star(text, path).blocks


def parse_star(text: str, path: Path) -> StarFile:
    """The blocks of `text`, which stood in `path`; every value stays the text it was.

    A row of a loop is one line. Windows line ends, tabs, quotes and comments are no part of the
    values, and blank lines between rows are passed over, which RELION does not do.

    Raises
    ------
    PicksError
        Not STAR, a row of the wrong length, or a name that occurs twice.
    """
    star = StarFile()
    if "\r" in text:
        star.remarks.append("has Windows line ends: RELION 3.1.3 reads no row of it")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = star.blocks
    name = ""
    table: StarTable | None = None
    loop: _Loop | None = None  # the one we are in
    blank = 0  # the first blank line after a row of this loop
    cut: dict[str, tuple[int, int]] = {}  # of each block that RELION cuts short: line, rows before
    for number, line in enumerate(_lines_of(text), start=1):
        if loop is not None and loop.width > 1 and loop.n_rows and (not blank or name in cut):
            # a row like the one before: no block, no loop and no label has as many words
            row = line.split()
            if len(row) == loop.width and not NEEDS_CARE.search(line):
                loop.add(row)
                continue
        stripped = line.strip()
        if not stripped:
            blank = blank or (number if loop is not None and loop.n_rows else 0)
            continue
        if stripped[0] == "#":
            continue
        first, _, rest = stripped.partition(" ")
        if first.startswith("data_") and rest.lstrip()[:1] in ("", "#"):
            name = first[5:]
            if name in blocks:
                raise PicksError(f"expected one block data_{name}, found two in {path}")
            _close(loop)
            table, loop, blank = blocks.setdefault(name, {}), None, 0
            continue
        if table is None:
            shown = stripped[:40]
            raise PicksError(
                f"expected a STAR file (data_...), found {shown!r} in line {number} of {path}"
            )
        if stripped == "loop_":
            _close(loop)
            loop, blank = _Loop(table), 0
            continue
        if stripped[0] == "_" and (loop is None or not loop.n_rows):
            label, *values = _words(stripped)
            label = label[1:]
            if label in table:
                raise PicksError(f"expected column {label} once, found it twice in {path}")
            table[label] = values[:1] if loop is None else ()
            if loop is not None:
                loop.labels.append(label)
            elif len(values) != 1:
                raise PicksError(
                    f"expected one value for {label}, found {len(values)} in line {number} of "
                    f"{path}"
                )
            continue
        row = _words(stripped) if NEEDS_CARE.search(stripped) else stripped.split()
        if loop is None or len(row) != loop.width:
            expected = 0 if loop is None else loop.width
            raise PicksError(
                f"expected {expected} values, found {len(row)} in line {number} of {path}"
            )
        if blank and name not in cut:
            cut[name] = blank, loop.n_rows
        loop.add(row)
    _close(loop)
    if not blocks:
        raise PicksError(f"expected a STAR file (data_...), found no block in {path}")
    for name, (line_number, rows) in cut.items():
        total = len(next(iter(blocks[name].values())))
        star.remarks.append(
            f"has a blank line within data_{name} (line {line_number}): RELION reads {rows} of its "
            f"{total} rows"
        )
    return star


class _Loop:
    """The rows of a loop, packed into the columns of its `table` when it is closed."""

    def __init__(self, table: StarTable) -> None:
        self.labels: list[str] = []
        self.n_rows = 0
        self._table = table
        self._rows: list[list[str]] = []
        self._packed: list[list[Texts]] = []

    @property
    def width(self) -> int:
        return len(self.labels)

    def add(self, row: list[str]) -> None:
        self._rows.append(row)
        self.n_rows += 1
        if len(self._rows) == ROWS_AT_ONCE:
            self._pack()

    def _pack(self) -> None:
        if self._rows:
            self._packed.append([Packed.of(column) for column in zip(*self._rows, strict=True)])
            self._rows.clear()

    def close(self) -> None:
        self._pack()
        for place, label in enumerate(self.labels):
            self._table[label] = joined([columns[place] for columns in self._packed])
            for columns in self._packed:
                columns[place] = same("", 0)  # what is joined is held once


def _close(loop: _Loop | None) -> None:
    if loop is not None:
        loop.close()


def _lines_of(text: str) -> Iterator[str]:
    """The lines of a text, of which a list would take more than the text."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + LETTERS_AT_ONCE)
        end = len(text) if end < 0 else end
        yield from text[start:end].split("\n")
        start = end + 1


def write_star(
    path: Path, blocks: Mapping[str, Mapping[str, Sequence[str]]], remarks: Sequence[str] = ()
) -> None:
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
    """The values of a line; RELION's quotes are taken off, a comment is left out.

    A quote that nothing closes is a letter.
    """
    words: list[str] = []
    last = {  # beyond it there is none to look for: a row of open quotes is read in one pass
        quote: max((match.start() for match in closing.finditer(line)), default=-1)
        for quote, closing in CLOSING.items()
    }
    at = 0
    while (match := WORD.search(line, at)) is not None:
        at = match.start()
        mark = line[at]
        if mark == "#":
            break
        if last.get(mark, -1) > at and (closing := CLOSING[mark].search(line, at + 1)):
            words.append(line[at + 1 : closing.start()].replace("\a", ""))
            at = closing.end()
        else:
            words.append(match[0])
            at = match.end()
    return words


def _lines(name: str, table: Mapping[str, Sequence[str]]) -> Iterator[str]:
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
    if any(len(column) != n_rows for column in table.values()):
        raise ValueError(f"expected {n_rows} cells a column in data_{name}")
    for start in range(0, n_rows, STEP):
        cells = [_all_quoted(list(column[start : start + STEP])) for column in table.values()]
        yield "\n".join(map("\t".join, zip(*cells, strict=True))) + "\n"
    yield "\n"


def _all_quoted(cells: list[str]) -> list[str]:
    """`cells` as RELION writes them; where none needs quotes, that is seen of all at once."""
    below = "\n" + "\n".join(cells)
    if below.split() == cells and not any(mark in below for mark in NEEDS_QUOTES_IN_LINES):
        return cells
    return list(map(_quoted, cells))


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
