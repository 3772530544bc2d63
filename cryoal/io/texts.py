"""Columns of text that take little memory: their cells are made when they are asked for.

A million ``str`` of ten letters are 65 MB. What is written to a table is there as numbers, as
places in a short list of words, or packed; its text is needed for some thousand rows at a time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, overload

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

__all__ = [
    "STEP",
    "Coded",
    "Filled",
    "Numbers",
    "Packed",
    "Stacked",
    "Texts",
    "chosen",
    "coded",
    "combined",
    "distinct",
    "filled",
    "floats",
    "joined",
    "packed",
    "renamed",
    "same",
]

STEP = 512
"""Cells that are text at a time where all are gone through."""


class Texts(Sequence[str]):
    """A column of text; a slice of it is a list."""

    @abstractmethod
    def _span(self, start: int, stop: int) -> list[str]:
        """The cells from `start` to `stop`, both within the column."""

    @abstractmethod
    def _take(self, rows: NDArray[np.int64]) -> Texts:
        """The column of these rows."""

    def take(self, rows: NDArray[np.int64]) -> Texts:
        """The column of these rows."""
        return self._take(rows)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            return self._span(start, max(start, stop)) if step == 1 else list(self)[place]
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError(place)
        return self._span(at, at + 1)[0]

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), STEP):
            yield from self._span(start, min(start + STEP, len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Texts | list | tuple) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


class Coded(Texts):
    """Cells of few different words: places in `names`."""

    def __init__(self, names: Sequence[str], codes: NDArray[np.integer[Any]]) -> None:
        self.names = list(names)
        self.codes = codes

    def __len__(self) -> int:
        return len(self.codes)

    def _span(self, start: int, stop: int) -> list[str]:
        names = self.names
        return [names[code] for code in self.codes[start:stop].tolist()]

    def _take(self, rows: NDArray[np.int64]) -> Coded:
        return Coded(self.names, self.codes[rows])


class Numbers(Texts):
    """Numbers as they are written by `form`, such as ``.6f``; `unknown` for nan, if it is given."""

    def __init__(
        self, values: NDArray[np.floating[Any]], form: str, unknown: str | None = None
    ) -> None:
        self.values = values
        self.form = form
        self.unknown = unknown

    def __len__(self) -> int:
        return len(self.values)

    def _span(self, start: int, stop: int) -> list[str]:
        values, form = self.values[start:stop].tolist(), f"%{self.form}"
        if self.unknown is None:
            return [form % value for value in values]
        return [self.unknown if value != value else form % value for value in values]

    def _take(self, rows: NDArray[np.int64]) -> Numbers:
        return Numbers(self.values[rows], self.form, self.unknown)


class Packed(Texts):
    """Any text, packed by NumPy: 16 bytes a cell of up to 15 letters."""

    def __init__(self, cells: NDArray[Any]) -> None:
        self.cells = cells

    @classmethod
    def of(cls, cells: Sequence[str]) -> Texts:
        """`cells`, or places in a list of words where there are few different ones."""
        if len({*cells[:STEP]}) <= STEP // 8 and len({*cells}) < 2**15:
            return coded(cells)
        return cls(np.array(cells, dtype=np.dtypes.StringDType()))

    def __len__(self) -> int:
        return len(self.cells)

    def _span(self, start: int, stop: int) -> list[str]:
        found: list[str] = self.cells[start:stop].tolist()
        return found

    def _take(self, rows: NDArray[np.int64]) -> Packed:
        return Packed(self.cells[rows])


class Filled(Texts):
    """A column with `absent` in place of what is empty."""

    def __init__(self, column: Sequence[str], absent: str) -> None:
        self.column = column
        self.absent = absent

    def __len__(self) -> int:
        return len(self.column)

    def _span(self, start: int, stop: int) -> list[str]:
        return [cell or self.absent for cell in self.column[start:stop]]

    def _take(self, rows: NDArray[np.int64]) -> Filled:
        return Filled(chosen(self.column, rows), self.absent)


class Stacked(Texts):
    """Columns under each other."""

    def __init__(self, columns: Sequence[Sequence[str]]) -> None:
        self.columns = list(columns)
        self.ends = np.cumsum([len(column) for column in columns]).tolist()

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    def _span(self, start: int, stop: int) -> list[str]:
        found: list[str] = []
        for column, end in zip(self.columns, self.ends, strict=True):
            first = end - len(column)
            if first < stop and start < end:
                found += column[max(start, first) - first : min(stop, end) - first]
        return found

    def _take(self, rows: NDArray[np.int64]) -> Texts:
        return Packed.of([self[row] for row in rows.tolist()])


def joined(columns: Sequence[Sequence[str]]) -> Texts:
    """`columns` under each other, packed: as places in a list of words where all are."""
    if columns and all(isinstance(column, Coded) for column in columns):
        place: dict[str, int] = {}
        codes = []
        for column in map(coded, columns):
            new = [place.setdefault(name, len(place)) for name in column.names]
            codes.append(np.array(new, np.int32)[column.codes])
        return Coded(list(place), np.concatenate(codes))
    kind = np.dtypes.StringDType()
    parts = [
        column.cells if isinstance(column, Packed) else np.array(list(column), dtype=kind)
        for column in columns
        if len(column)
    ]
    return Packed(np.concatenate([np.empty(0, kind), *parts]))


def packed(column: Sequence[str]) -> Texts:
    """`column` packed, whatever it was."""
    return column if isinstance(column, Texts) else Packed.of(column)


def filled(column: Sequence[str], absent: str) -> Sequence[str]:
    """`column` with `absent` in place of what is empty."""
    if not absent or isinstance(column, Numbers):
        return column
    if isinstance(column, Coded):
        return Coded([name or absent for name in column.names], column.codes)
    return Filled(column, absent)


def renamed(column: Sequence[str], new_names: Mapping[str, str]) -> Coded:
    """`column` with the names of `new_names`."""
    known = coded(column)
    return Coded([new_names.get(name, name) for name in known.names], known.codes)


def coded(cells: Sequence[str]) -> Coded:
    """`cells` as places in the list of those that differ, in the order in which they first occur.

    What is coded already stays as it is.
    """
    if isinstance(cells, Coded):
        return cells
    place = {word: at for at, word in enumerate(dict.fromkeys(cells))}
    return Coded(list(place), np.fromiter(map(place.__getitem__, cells), np.int32, len(cells)))


def floats(cells: Sequence[str]) -> NDArray[np.float64]:
    """The numbers that `cells` are; each of few different words is read once.

    Raises
    ------
    ValueError
        One is none.
    """
    if isinstance(cells, Coded) and len(cells.names) < len(cells):
        with suppress(ValueError):  # perhaps of a word that is in no cell
            each: NDArray[np.float64] = np.array(list(map(float, cells.names)), np.float64)
            return np.asarray(each[cells.codes])
    return np.fromiter(map(float, cells), np.float64, len(cells))


def distinct(cells: Sequence[str]) -> list[str]:
    """The cells that differ, in the order in which they first occur."""
    if not isinstance(cells, Coded):
        return list(dict.fromkeys(cells))
    codes, first = np.unique(cells.codes, return_index=True)
    return list(dict.fromkeys(cells.names[code] for code in codes[np.argsort(first)].tolist()))


def combined(columns: Sequence[Sequence[str]]) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
    """The rows of `columns` that differ, in the order in which they first occur, and each's place.

    For columns of few different words; there has to be one.
    """
    rows: list[tuple[str, ...]] = [()]
    codes = np.zeros(len(columns[0]), np.int64)
    for column in map(coded, columns):
        names = list(dict.fromkeys(column.names))
        place = np.array([names.index(name) for name in column.names], np.int64)
        both = codes * len(names) + place[column.codes] if names else codes
        found, first, codes = np.unique(both, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rows = [(*rows[at // len(names)], names[at % len(names)]) for at in found[order].tolist()]
        codes = np.argsort(order)[codes.reshape(-1)]
    return rows, codes


def same(cell: str, n: int) -> Coded:
    """`n` times the same cell."""
    return Coded([cell], np.zeros(n, np.int8))


def chosen(column: Sequence[str], rows: NDArray[np.int64]) -> Sequence[str]:
    """The cells of `rows` of any column, which stays as small as it was."""
    if len(rows) == len(column) and np.array_equal(rows, np.arange(len(rows))):
        return column
    if isinstance(column, Texts):
        return column.take(rows)
    return [column[row] for row in rows.tolist()]
