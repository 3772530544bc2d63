"""The picks' columns of a part, read one at a time: all of a million picks as texts take 600 MB."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from cryoal.data.arrays import read_bytes
from cryoal.errors import PoolError
from cryoal.io.texts import Packed
from cryoal.records import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryoal.io.texts import Texts

__all__ = ["read_text_columns"]

BETWEEN = re.compile(rb'"\],"')
"""Between two columns. Within a cell it is there too, perhaps, but then what is before it has an
odd number of quotes and is no JSON, unless quotes are escaped."""


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
        return _packed(iter(whole.items()), n, path)


def _packed(columns: Iterator[tuple[str, object]], n: int, path: Path) -> dict[str, Texts]:
    found: dict[str, Texts] = {}
    for name, cells in columns:
        if not isinstance(cells, list) or not {*map(type, cells)} <= {str}:
            raise PoolError(f"expected texts in column {name} of {path}, found {type(cells)}")
        if len(cells) != n:
            raise PoolError(f"expected {n} values, found {len(cells)} in column {name} of {path}")
        if name in found:
            raise ValueError(name)
        found[name] = Packed.of(cells)
    return found


def _one_by_one(text: memoryview) -> Iterator[tuple[str, object]]:
    """Name and cells of each column; ValueError where they cannot be told apart like this."""
    if re.search(rb"\\", text) or len(text) < 2:
        raise ValueError(r"\ ")
    ends = [*(match.start() + 2 for match in BETWEEN.finditer(text)), len(text) - 1]
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        piece = b"{" + bytes(text[start + 1 : end]) + b"}"
        ((name, cells),) = json.loads(piece.decode("utf-8")).items()
        yield name, cells
