"""What long work has told of each box so far: kept, so that a kill loses a few boxes at most."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.descriptors.column_file import ColumnFile
from cryoal.errors import FileFormatError
from cryoal.records import is_there, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.crew import Crew, Work

__all__ = ["RowsSoFar", "Told"]

MADE_FROM, ROWS = "made_from.json", "rows.f32"
_WORD = 4  # bytes


class Told(NamedTuple):
    """One thing that is told of each box."""

    dtype: str
    """``<f4`` or ``<f8``."""
    columns: int = 0
    """Numbers of a box; 0: one, and the array has one axis."""

    @property
    def words(self) -> int:
        """Columns of float32 that hold the same bits."""
        return max(self.columns, 1) * np.dtype(self.dtype).itemsize // _WORD


class RowsSoFar:
    """Rows of what `work` tells of boxes 0 to n, appended in their order in `folder`.

    Parameters
    ----------
    folder
        Of these rows alone. What is there of something else is removed.
    made_from
        A digest of all that the rows depend on.
    told
        What is told, by name.
    """

    def __init__(self, folder: Path, made_from: str, told: Mapping[str, Told]) -> None:
        self.folder, self.told = folder, dict(told)
        self._file = ColumnFile(folder / ROWS, sum(one.words for one in self.told.values()))
        try:
            file = folder / MADE_FROM
            found = read_json(file).get("of") if is_there(file) else None
        except FileFormatError:  # rows of nobody knows what
            found = None
        if found != made_from:
            self.remove()
            folder.mkdir()
            write_json(folder / MADE_FROM, {"of": made_from})

    def __len__(self) -> int:
        return len(self._file)

    def fill(
        self, work: Work, spans: Sequence[tuple[int, int]], crew: Crew
    ) -> Iterator[tuple[int, int]]:
        """Have the rows made that are lacking; each of their spans is given when it is kept."""
        there = len(self)
        lacking = [span for span in spans if span[1] > there]
        for (start, stop), told in zip(lacking, crew.spans(work, lacking), strict=True):
            self._file.append(self._packed(told)[len(self) - start :])
            yield start, stop

    def read(self, work: Work, start: int, stop: int) -> dict[str, NDArray[np.floating]]:
        """A span that is there; it is made again where rows of it are not as they were written."""
        index = np.arange(start, stop)
        words, wrong = self._file.read(index)
        if len(wrong):
            words = self._packed(work.of(start, stop))
            self._file.put(index, words)
        return self._unpacked(words)

    def remove(self) -> None:
        """All of it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _packed(self, told: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
        n = len(next(iter(told.values())))
        words = [
            np.ascontiguousarray(told[name], one.dtype).reshape(n, -1).view("<f4")
            for name, one in self.told.items()
        ]
        return np.concatenate(words, axis=1)

    def _unpacked(self, words: NDArray[np.float32]) -> dict[str, NDArray[np.floating]]:
        found, at = {}, 0
        for name, one in self.told.items():
            values = np.ascontiguousarray(words[:, at : at + one.words]).view(one.dtype)
            found[name] = values if one.columns else values[:, 0]
            at += one.words
        return found
