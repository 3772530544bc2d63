"""The numbers of every box of a pool, beside the pool: made once, added to when the pool grows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cryoal.crew import ALONE
from cryoal.data.pool_there import PoolThere
from cryoal.descriptors.column_file import ColumnFile
from cryoal.errors import FileFormatError
from cryoal.progress import SILENT
from cryoal.records import is_there, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.crew import Crew
    from cryoal.data.pool import Pool
    from cryoal.progress import Progress

__all__ = ["Columns", "Describe", "Describing", "Made", "Moments", "rows_there"]

STEP = 256
"""Boxes in memory at a time."""
SPAN = 4 * STEP
"""Boxes that are described before their rows are kept: what is lost by a kill."""

Describe: TypeAlias = (
    "Callable[[NDArray[np.float32], Sequence[str]], Mapping[str, NDArray[np.float32]]]"
)
"""From boxes ``(m, d, h, w)``, as :meth:`Pool.read_normalised` gives them, to rows ``(m, columns)``
of the kinds that are named. A row depends on its box and its place alone."""


@dataclass(frozen=True)
class Made:
    """One kind of numbers, and all that they depend on besides the boxes."""

    name: str
    version: str
    """Other numbers, another version: then they are made anew."""
    columns: int


@dataclass(frozen=True)
class Moments:
    """Of the rows of a whole pool, for each column."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    """Standard deviation, 0 where a column is constant."""


class Describing:
    """Work (:class:`cryoal.crew.Work`): rows of some kinds of numbers of the boxes of a pool."""

    name = "describing"

    def __init__(self, pool: PoolThere, describe: Describe, names: Sequence[str]) -> None:
        self._pool, self._describe, self.names = pool, describe, tuple(names)

    def of(self, start: int, stop: int) -> dict[str, NDArray[np.float32]]:
        """Rows by the name of their kind; `start` is a multiple of :data:`STEP`.

        Always the same boxes together: what is computed for a box may differ in the last bits with
        its neighbours in a batch.
        """
        pool = self._pool.pool()
        steps = [
            self._describe(pool.read_normalised(np.arange(at, min(at + STEP, stop))), self.names)
            for at in range(start, stop, STEP)
        ]
        return {name: np.concatenate([step[name] for step in steps]) for name in self.names}


class Columns:
    """Numbers of the boxes of `pool` in `folder`: two files for each kind of them.

    ``NAME.f32`` holds a row for each box in pool order (:mod:`cryoal.descriptors.column_file`),
    ``NAME.json`` says of which version and of which parts of the pool they are. Rows of a part that
    is no more as it was, and all behind them, are made anew.

    Parameters
    ----------
    made
        The kinds of numbers.
    describe
        Tells the numbers of boxes. It is pickled where `crew` sends work elsewhere.
    crew
        Who describes.
    """

    def __init__(
        self,
        folder: Path,
        pool: Pool,
        made: Sequence[Made],
        describe: Describe,
        crew: Crew = ALONE,
    ) -> None:
        self.folder, self.made = folder, tuple(made)
        self._describe, self._crew = describe, crew
        self._files = {m.name: ColumnFile(folder / f"{m.name}.f32", m.columns) for m in made}
        self._there = PoolThere(pool)
        self._parts = list(self._there.parts)

    @property
    def pool(self) -> Pool:
        """Whose boxes these are."""
        return self._there.pool()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_crew": ALONE}  # who reads them elsewhere describes there

    @property
    def names(self) -> list[str]:
        """Of the kinds of numbers."""
        return [made.name for made in self.made]

    def n_missing(self) -> int:
        """Boxes that lack some of the numbers."""
        return len(self.pool) - min((self._n_sound(made) for made in self.made), default=0)

    def fill(self, progress: Progress = SILENT) -> None:
        """Make what is missing, some boxes at a time; after a kill it goes on where it was."""
        done = {made.name: self._n_sound(made) for made in self.made}
        lacking = {name: n for name, n in done.items() if n < len(self.pool)}
        if not lacking:
            return
        self.folder.mkdir(exist_ok=True)
        for made in self.made:
            if made.name in lacking:
                self._files[made.name].cut(done[made.name])
                self._write_facts(made, {"parts": self._parts})
        stretches = _stretches(lacking, len(self.pool))
        total = sum(len(spans) for _, spans in stretches)
        for start, told in progress.track(
            self._described(stretches), "describing", total, unit=f"times {SPAN} boxes"
        ):
            for name, rows in told.items():
                self._files[name].append(rows[max(0, len(self._files[name]) - start) :])

    def _described(
        self, stretches: Sequence[tuple[list[str], list[tuple[int, int]]]]
    ) -> Iterator[tuple[int, Mapping[str, NDArray[np.float32]]]]:
        """The first row of each span, and what is told of it."""
        for names, spans in stretches:
            work = Describing(self._there, self._describe, names)
            for (start, _), told in zip(spans, self._crew.spans(work, spans), strict=True):
                yield start, told

    def read(self, name: str, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """Rows ``(m, columns)`` of the boxes at `index`; those that are damaged are made again.

        Call :meth:`fill` before.
        """
        rows, wrong = self._files[name].read(index)
        for start in np.unique(index[wrong] // STEP * STEP).tolist():
            stop = min(start + STEP, len(self.pool))
            made = Describing(self._there, self._describe, [name]).of(start, stop)[name]
            here = wrong[(index[wrong] >= start) & (index[wrong] < start + STEP)]
            rows[here] = made[index[here] - start]
            self._files[name].put(index[here], rows[here])
        return rows

    def in_steps(self, name: str, step: int = 16 * STEP) -> Iterator[NDArray[np.float32]]:
        """All rows in pool order, some at a time."""
        for start in range(0, len(self.pool), step):
            yield self.read(name, np.arange(start, min(start + step, len(self.pool))))

    def moments(self, name: str) -> Moments:
        """Mean and standard deviation of each column over the whole pool; kept for the next time.

        Sums of squares about the first rows' mean, in float64, some rows at a time.
        """
        made = next(made for made in self.made if made.name == name)
        facts = self._facts(made)
        kept = facts.get("moments", {})
        if kept.get("n") == len(self.pool):
            return Moments(np.array(kept["mean"]), np.array(kept["deviation"]))
        origin, total, squares = None, np.zeros(made.columns), np.zeros(made.columns)
        for rows in self.in_steps(name):
            values = rows.astype(np.float64)
            origin = values.mean(axis=0) if origin is None else origin
            values -= origin
            total += values.sum(axis=0)
            squares += np.square(values).sum(axis=0)
        mean = total / len(self.pool)
        deviation = np.sqrt(np.maximum(squares / len(self.pool) - mean**2, 0.0))
        found = Moments(mean + (0.0 if origin is None else origin), deviation)
        told = {"n": len(self.pool), "mean": found.mean.tolist(), "deviation": deviation.tolist()}
        self._write_facts(made, {"parts": self._parts, "moments": told})
        return found

    def _n_sound(self, made: Made) -> int:
        """How many rows from the first are of this version and of the parts that are there."""
        facts = self._facts(made)
        rows = 0
        for (now, n), (then, _) in zip(self._parts, facts.get("parts", []), strict=False):
            if now != then:
                break
            rows += n
        return min(rows, len(self._files[made.name]))

    def _facts(self, made: Made) -> dict[str, Any]:
        file = self.folder / f"{made.name}.json"
        try:
            facts = read_json(file) if is_there(file) else {}
        except FileFormatError:  # a cache: as good as none
            return {}
        is_this = (facts.get("version"), facts.get("columns")) == (made.version, made.columns)
        return facts if is_this else {}

    def _write_facts(self, made: Made, facts: dict[str, Any]) -> None:
        about = {"version": made.version, "columns": made.columns, **facts}
        write_json(self.folder / f"{made.name}.json", about)


def _stretches(lacking: Mapping[str, int], n: int) -> list[tuple[list[str], list[tuple[int, int]]]]:
    """Kinds of numbers that lack the same boxes, and spans of these; `lacking` tells the first.

    A kill leaves some a span ahead of others, and a new version lacks every box.
    """
    levels = sorted(set(lacking.values()))
    found = []
    for level, end in pairwise([*levels, n]):
        names = [name for name, first in lacking.items() if first <= level]
        begins = range(level // STEP * STEP, end, SPAN)
        found.append((names, [(begin, min(begin + SPAN, n)) for begin in begins]))
    return found


def rows_there(
    folder: Path, pool: Pool, name: str, index: NDArray[np.int64]
) -> NDArray[np.float32] | None:
    """Rows of the boxes at `index` as they were made, whoever made them; None where one lacks.

    For looking at boxes: nothing is made, and nobody who could make it is loaded.
    """
    try:
        facts = read_json(folder / f"{name}.json")
        made = Made(name, facts["version"], int(facts["columns"]))
        columns = Columns(folder, pool, [made], lambda boxes, names: {})
        if columns.n_missing():
            return None
        rows, wrong = ColumnFile(folder / f"{name}.f32", made.columns).read(index)
    except (FileFormatError, OSError, KeyError, TypeError, ValueError):  # a cache: as good as none
        return None
    return None if len(wrong) else rows
