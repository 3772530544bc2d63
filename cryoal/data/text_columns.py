"""The picks' columns of a part, some cells at a time: a million picks as texts take 600 MB."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from cryoal.data.arrays import read_bytes
from cryoal.errors import PoolError
from cryoal.io.texts import Packed, joined
from cryoal.records import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cryoal.io.texts import Texts

__all__ = ["read_text_columns"]

BETWEEN = re.compile(rb'"\],"')
"""Between two columns. Within a cell it is there too, perhaps, but then what is before it has an
odd number of quotes and is no JSON, unless quotes are escaped."""

AT_ONCE = 1 << 20
"""Bytes of a column that are text at a time, and the rest of a cell."""


def read_text_columns(path: Path, n: int) -> dict[str, Texts]:
    """Columns of `n` texts each that :func:`cryoal.data.arrays.write_text` wrote.

    Raises
    ------
    PoolError
        Absent, damaged, or something else.
    """
    text = read_bytes(path).data
    try:
        return _packed(_one_by_one(text), n, path)
    except ValueError:  # of other columns than we thought
        whole = parse_json(text.tobytes(), path, PoolError)
        if not isinstance(whole, dict):
            raise PoolError(f"expected a table in {path}, found {type(whole).__name__}") from None
        return _packed(((name, [cells]) for name, cells in whole.items()), n, path)


def _packed(
    columns: Iterable[tuple[str, Iterable[object]]], n: int, path: Path
) -> dict[str, Texts]:
    found: dict[str, Texts] = {}
    for name, parts in columns:
        packed: list[Texts] = []
        for cells in parts:
            if not isinstance(cells, list) or not {*map(type, cells)} <= {str}:
                raise PoolError(f"expected texts in column {name} of {path}, found {type(cells)}")
            packed.append(Packed.of(cells))
        if (n_found := sum(map(len, packed))) != n:
            raise PoolError(f"expected {n} values, found {n_found} in column {name} of {path}")
        if name in found:
            raise ValueError(name)
        found[name] = packed[0] if len(packed) == 1 else joined(packed)
    return found


def _one_by_one(text: memoryview) -> Iterator[tuple[str, Iterator[object]]]:
    """Name and cells of each column; ValueError where they cannot be told apart like this."""
    if re.search(rb"\\", text) or len(text) < 2:
        raise ValueError(r"\ ")
    ends = [*(match.start() + 2 for match in BETWEEN.finditer(text)), len(text) - 1]
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        name, is_list, cells = bytes(text[start + 1 : end]).partition(b":[")
        if not is_list:
            raise ValueError(name)
        yield json.loads(name), _some_by_some(cells)


def _some_by_some(cells: bytes) -> Iterator[object]:
    """The cells of a column without its first bracket; ValueError as :func:`_one_by_one`."""
    start = 0
    while (stop := cells.find(b'","', start + AT_ONCE)) >= 0:
        # within a cell it is there too, perhaps, but then the last string has no end
        yield json.loads(b"[" + cells[start : stop + 1] + b"]")
        start = stop + 2
    yield json.loads(b"[" + cells[start:])
