"""A table of numbers and intervals: as CSV for programs, in words for the page."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cryoal.estimate.student import Interval

__all__ = ["MARK", "Cell", "Column", "Kind", "Table"]

MARK = "†"
"""Behind the name of what trains another teacher."""

Kind: TypeAlias = Literal["text", "share", "count", "number", "seconds", "range"]
"""How numbers are shown; shares in percent, and a range is a count with the ends of its interval.
CSV files hold the bare numbers, shares in [0, 1]."""

Cell: TypeAlias = Interval | float | str | None


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    kind: Kind = "text"
    best: Literal["high", "low"] | None = None
    """Which mean is set in bold."""
    on_page: bool = True
    """Whether the page shows it; the CSV file has it in any case."""


@dataclass(frozen=True)
class Table:
    """One table, as numbers."""

    name: str
    """Of its CSV file."""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str
    """How many seeds stand behind it, and what else a reader must know."""
    n_seeds: int = 0
    """Intervals of fewer seeds than this are shown with their number."""
    is_brief: bool = False
    """Whether the page shows the means only; the CSV file has the intervals."""
    marked: frozenset[str] = frozenset()
    """Names in the first column that the page sets a mark behind."""

    def csv(self) -> str:
        """The numbers as CSV; a column of intervals gives four: mean, low, high, seeds."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        wide = [any(isinstance(row[i], Interval) for row in self.rows) for i in self._places]
        names: list[str] = []
        for column, is_wide in zip(self.columns, wide, strict=True):
            names.append(column.name)
            if is_wide:
                names += [f"{column.name} {end}" for end in ("low", "high", "seeds")]
        writer.writerow(names)
        for row in self.rows:
            fields: list[str] = []
            for cell, is_wide in zip(row, wide, strict=True):
                if isinstance(cell, Interval):
                    fields += map(_bare, (cell.mean, cell.low, cell.high, cell.n))
                else:
                    fields += [_bare(cell), *([""] * 3 if is_wide else [])]
            writer.writerow(fields)
        return text.getvalue()

    def shown(self) -> list[list[tuple[str, str, bool]]]:
        """For each row and column: the number, what stands small behind it, and whether bold."""
        bold = [self._best(i) for i in self._places]
        rows = []
        for row in self.rows:
            seeds = {cell.n for cell in row if isinstance(cell, Interval)}
            few = seeds.pop() if len(seeds) == 1 else self.n_seeds  # said once, behind the name
            said = [
                self._said(cell, column, few)
                for cell, column in zip(row, self.columns, strict=True)
            ]
            behind = [MARK] if row[0] in self.marked else []
            if few < self.n_seeds:
                behind.append(f"(n = {few})")
            if behind:
                said[0] = (said[0][0], " ".join(behind))
            rows.append(
                [
                    (text, small, text == best)
                    for (text, small), best, column in zip(said, bold, self.columns, strict=True)
                    if column.on_page
                ]
            )
        return rows

    @property
    def on_page(self) -> list[Column]:
        """The columns that the page shows."""
        return [column for column in self.columns if column.on_page]

    @property
    def _places(self) -> range:
        return range(len(self.columns))

    def _best(self, place: int) -> str | None:
        """The best mean as it is shown: what looks the same is bold together."""
        column = self.columns[place]
        means = [mean for mean in (_mean(row[place]) for row in self.rows) if mean is not None]
        said = {_in_words(mean, column.kind) for mean in means}
        if column.best is None or len(said) < 2:
            return None
        return _in_words(max(means) if column.best == "high" else min(means), column.kind)

    def _said(self, cell: Cell, column: Column, few: int) -> tuple[str, str]:
        if not isinstance(cell, Interval):
            return _in_words(cell, column.kind), ""
        behind = []
        if column.kind == "range" and cell.low is not None and cell.high is not None:
            ends = [_in_words(end, column.kind) for end in (cell.low, cell.high)]
            behind.append(f"({ends[0]} to {ends[1]})")
        elif cell.half is not None and not self.is_brief:
            behind.append(f"± {_in_words(cell.half, column.kind)}")
        if cell.n < min(few, self.n_seeds):
            behind.append(f"(n = {cell.n})")
        return _in_words(cell.mean, column.kind), " ".join(behind)


def _mean(cell: Cell) -> float | None:
    if isinstance(cell, Interval):
        return cell.mean
    return float(cell) if isinstance(cell, int | float) else None


def _bare(cell: float | str | None) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else f"{cell:.8g}"


def _in_words(cell: float | str | None, kind: Kind) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if kind == "share":
        return f"{100 * cell:.2f}"
    if kind in ("count", "range"):
        return f"{cell:,.0f}"
    if kind == "seconds":
        return f"{cell:,.{2 if abs(cell) < 10 else 1 if abs(cell) < 100 else 0}f}"
    return f"{cell:.4g}"
