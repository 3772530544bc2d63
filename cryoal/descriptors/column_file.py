"""Rows of float32 numbers in a file that grows: each row with its check, any of them one read away.

A row is its numbers, little-endian, and the CRC-32C of their bytes. Rows are appended; what a
killed process left of a row is cut off by the next that writes. So a file is never rewritten, and
how far it got is its length.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from cryoal.checks import crc32c_of_rows
from cryoal.records import full_at, is_there

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["ColumnFile"]

RUN = 4096  # rows that are read at a time


class ColumnFile:
    """The rows in `path`, each of `columns` numbers; there need not be a file yet."""

    def __init__(self, path: Path, columns: int) -> None:
        self.path, self.columns = path, columns
        self._width = columns + 1

    def __len__(self) -> int:
        """Whole rows that are there."""
        return self.path.stat().st_size // (4 * self._width) if is_there(self.path) else 0

    def append(self, rows: NDArray[np.float32]) -> None:
        """Add rows ``(m, columns)`` behind the last whole one; on disk when this returns."""
        records = self._records(rows)
        how = "r+b" if is_there(self.path) else "x+b"
        with full_at(self.path), self.path.open(how) as file:
            file.seek(len(self) * 4 * self._width)
            file.truncate()
            file.write(records.tobytes())
            file.flush()
            os.fsync(file.fileno())

    def cut(self, n: int) -> None:
        """Keep the first `n` rows alone."""
        if is_there(self.path):
            os.truncate(self.path, min(n, len(self)) * 4 * self._width)

    def put(self, index: NDArray[np.int64], rows: NDArray[np.float32]) -> None:
        """Write rows that are there already anew."""
        with full_at(self.path), self.path.open("r+b") as file:
            for number, record in zip(index.tolist(), self._records(rows), strict=True):
                file.seek(number * 4 * self._width)
                file.write(record.tobytes())

    def read(self, index: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Rows ``(m, columns)`` in the order of `index`, and which of the m are not as written.

        Each is read once, however often it is asked for, and runs of neighbours together.
        """
        rows, place = np.unique(index, return_inverse=True)
        found = np.empty((len(rows), self._width), "<f4")
        breaks = np.flatnonzero(np.diff(rows) != 1) + 1
        if len(rows):
            with self.path.open("rb") as file:
                for run in np.split(np.arange(len(rows)), breaks):
                    for start in range(int(run[0]), int(run[-1]) + 1, RUN):
                        stop = min(start + RUN, int(run[-1]) + 1)
                        file.seek(int(rows[start]) * 4 * self._width)
                        wanted = found[start:stop].data.cast("B")
                        got = file.readinto(wanted)
                        wanted[got:] = b"\xff" * (len(wanted) - got)  # a file cut short: no check
        numbers = np.ascontiguousarray(found[:, :-1])
        checks = found[:, -1].view("<u4")
        wrong = np.flatnonzero(crc32c_of_rows(numbers) != checks)
        return numbers[place], np.flatnonzero(np.isin(place, wrong))

    def _records(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        if rows.ndim != 2 or rows.shape[1] != self.columns:
            raise ValueError(f"expected rows of {self.columns} numbers, found shape {rows.shape}")
        records = np.empty((len(rows), self._width), "<f4")
        records[:, :-1] = rows
        numbers = np.ascontiguousarray(records[:, :-1])
        records[:, -1] = crc32c_of_rows(numbers).astype("<u4").view("<f4")
        return records
