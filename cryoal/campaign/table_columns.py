"""Columns of a large table as arrays: few rows are text in memory at a time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["CellError", "Columns", "Words", "collect"]

STEP = 256
"""Rows at a time: their cells stay in the processor's cache, which is worth half the time."""


class CellError(ValueError):
    """A cell that is no number."""

    def __init__(self, row: int, said: str) -> None:
        super().__init__(said)
        self.row = row
        """From 0."""


class Words(NamedTuple):
    """A column of few different words."""

    names: list[str]
    """Each word once, in the order in which they first occur."""
    codes: NDArray[np.int32]
    """Its place among `names`, of each row."""

    def places(self, place: Mapping[str, int]) -> NDArray[np.int64]:
        """What `place` has for the word of each row.

        Raises
        ------
        KeyError
            It lacks a word.
        """
        return np.array([place[name] for name in self.names], np.int64)[self.codes]


@dataclass(frozen=True)
class Columns:
    """What :func:`collect` found; every column has an entry for each row."""

    keys: list[str]
    words: dict[str, Words]
    numbers: dict[str, NDArray[np.float64]]
    """nan where a cell is empty."""

    def told(self, name: str) -> NDArray[np.float64] | None:
        """The numbers of a column; None where it is empty."""
        values = self.numbers[name]
        return None if np.isnan(values).all() else values


def collect(
    rows: Iterable[Sequence[str]],
    *,
    keys: int,
    words: Mapping[str, int],
    numbers: Mapping[str, int],
    known: Sequence[str] | NDArray[np.object_] = (),
) -> Columns:
    """The columns at these places of `rows`, by name.

    `known` are keys that are in memory already: where the rows have the same ones in the same
    order, these are taken, and no second text is kept of each.

    Raises
    ------
    CellError
        A number that is none.
    ValueError
        Rows of different lengths.
    IndexError
        Rows that are too short.
    """
    found_keys: list[str] = []
    code_of: dict[str, dict[str, int]] = {name: {} for name in words}
    codes: dict[str, list[NDArray[np.int32]]] = {name: [np.empty(0, np.int32)] for name in words}
    values: dict[str, list[NDArray[np.float64]]] = {name: [np.empty(0)] for name in numbers}
    for chunk in _chunks(rows):
        start = len(found_keys)
        cells_of = list(zip(*chunk, strict=True))
        here = list(cells_of[keys])
        there = list(known[start : start + len(here)])
        found_keys += there if there == here else here
        for name, at in words.items():
            cells = cells_of[at]
            code = code_of[name]
            for word in dict.fromkeys(cells):
                code.setdefault(word, len(code))
            codes[name].append(np.fromiter(map(code.__getitem__, cells), np.int32, len(cells)))
        for name, at in numbers.items():
            values[name].append(_numbers(cells_of[at], start))
    return Columns(
        found_keys,
        {name: Words(list(code_of[name]), np.concatenate(codes.pop(name))) for name in words},
        {name: np.concatenate(values.pop(name)) for name in numbers},
    )


def _chunks(rows: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    each = iter(rows)
    while chunk := list(islice(each, STEP)):
        yield chunk


def _numbers(cells: Sequence[str], start: int) -> NDArray[np.float64]:
    if (n_empty := cells.count("")) == len(cells):
        return np.full(len(cells), np.nan)
    if n_empty:
        cells = [cell or "nan" for cell in cells]
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        row, error = next(_no_numbers(cells))
        raise CellError(start + row, str(error)) from error


def _no_numbers(cells: Sequence[str]) -> Iterator[tuple[int, ValueError]]:
    for row, cell in enumerate(cells):
        try:
            float(cell)
        except ValueError as error:
            yield row, error
