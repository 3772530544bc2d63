"""Large arrays in pieces that stay in a core's cache.

A temporary of the size of the input costs more than the arithmetic on it: its pages have to be
mapped, written and read again. Pieces are whole in the dimension that is summed over, so the bits
do not depend on where the cuts are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

__all__ = ["column_blocks", "computing_dtype", "row_blocks"]

_ELEMENTS = (
    131_072  # for each thread: 512 kB of float32; below 32 k the calls cost more than the sums
)


def computing_dtype(*tensors: Tensor) -> torch.dtype:
    """float64 if any of `tensors` is, else float32."""
    return torch.float64 if any(t.dtype == torch.float64 for t in tensors) else torch.float32


def row_blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of rows."""
    step = max(1, _elements() // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, start + step)


def column_blocks(n: int, depth: int, columns: int) -> Iterator[tuple[slice, slice]]:
    """Slices of the first and the last dimension of ``(n, depth, columns)``."""
    at_once = max(64, _elements() // max(1, depth))
    if columns <= at_once:
        for rows in row_blocks(n, depth * columns):
            yield rows, slice(0, columns)
        return
    for row in range(n):
        for start in range(0, columns, at_once):
            yield slice(row, row + 1), slice(start, start + at_once)


def _elements() -> int:
    return _ELEMENTS * torch.get_num_threads()
