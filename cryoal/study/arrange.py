"""The rows of a comparison by strategy, seed and cycle, and the numbers read off a row."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from cryoal.study.statistics import area_under, shared_range

__all__ = [
    "Cells",
    "Measure",
    "Row",
    "accuracy",
    "arrange",
    "budget",
    "gap",
    "macro_f1",
    "miou",
    "ranked",
    "worst_recall",
]

Row: TypeAlias = Mapping[str, Any]
"""One trained cycle of one cell: a strategy on a seed."""

Measure: TypeAlias = Callable[[Row], float | None]
"""A number of a row; None where the cycle has none."""


def accuracy(row: Row) -> float:
    """Share of the test set that the teacher names right."""
    return float(row["accuracy"])


def macro_f1(row: Row) -> float:
    """Mean F1 of the classes on the test set."""
    return float(row["macro_f1"])


def miou(row: Row) -> float | None:
    """Mean intersection over union of the classes, of a segmentation."""
    found = row.get("miou")
    return None if found is None else float(found)


def budget(row: Row) -> int:
    """Labels that were paid for: those trained on and those of validation."""
    return int(row["n_labelled"]) + int(row["n_validation"])


def gap(row: Row) -> float | None:
    """Accuracy on the training boxes less that on the test set (Tables I and IV)."""
    if row["train_accuracy"] is None:
        return None
    return float(row["train_accuracy"]) - float(row["accuracy"])


def worst_recall(row: Row) -> float | None:
    """The lowest recall of the classes that the test set has boxes of."""
    recalls = [r for r, n in zip(row["recall"], row["support"], strict=True) if n > 0]
    return float(min(recalls)) if recalls else None


@dataclass(frozen=True)
class Cells:
    """The rows of a comparison by strategy, seed and cycle."""

    strategies: tuple[str, ...]
    """In order of first appearance, those that were planned first."""
    seeds: tuple[int, ...]
    cycles: tuple[int, ...]
    """The trained cycles, of any cell."""
    rows: Mapping[tuple[str, int, int], Row]
    another: Mapping[str, str] = field(default_factory=dict)
    """Strategies that train another teacher on the same labels, and what makes it another."""

    def at(self, strategy: str, cycle: int, measure: Measure) -> dict[int, float]:
        """The value of each seed that has one."""
        found = {
            seed: measure(self.rows[strategy, seed, cycle])
            for seed in self.seeds
            if (strategy, seed, cycle) in self.rows
        }
        return {seed: value for seed, value in found.items() if value is not None}

    def curve(self, strategy: str, seed: int, measure: Measure) -> list[tuple[float, float]]:
        """Budget and value of each cycle that has one."""
        rows = [self.rows.get((strategy, seed, cycle)) for cycle in self.cycles]
        points = [(float(budget(row)), measure(row)) for row in rows if row is not None]
        return [(x, y) for x, y in points if y is not None]

    def n_done(self, strategy: str, seed: int) -> int:
        """How many cycles the cell has."""
        return sum((strategy, seed, cycle) in self.rows for cycle in self.cycles)

    def finished(self, strategy: str) -> list[int]:
        """The seeds whose cell has every cycle; only these are compared over all budgets."""
        return [seed for seed in self.seeds if self.n_done(strategy, seed) == len(self.cycles)]

    def by_seed(self, strategy: str, measure: Measure) -> dict[int, dict[int, float]]:
        """``[seed][cycle]``, as :func:`penalty_matrix` takes them."""
        found: dict[int, dict[int, float]] = {}
        for cycle in self.cycles:
            for seed, value in self.at(strategy, cycle, measure).items():
                found.setdefault(seed, {})[cycle] = value
        return found

    def budgets(self, cycle: int) -> tuple[int, int]:
        """The fewest and the most labels that a cell has paid for in `cycle`."""
        found = [budget(row) for (_, _, c), row in self.rows.items() if c == cycle]
        return min(found), max(found)

    def areas(self, measure: Measure) -> dict[str, dict[int, float]]:
        """Area under the curve of each finished cell, over the budgets that they all share."""
        curves = {
            (strategy, seed): self.curve(strategy, seed, measure)
            for strategy in self.strategies
            for seed in self.finished(strategy)
        }
        shared = shared_range(curves.values())
        areas: dict[str, dict[int, float]] = {strategy: {} for strategy in self.strategies}
        for (strategy, seed), curve in curves.items():
            if shared is not None and curve:
                areas[strategy][seed] = area_under(curve, *shared)
        return areas


def ranked(cells: Cells) -> Cells:
    """The same cells, strategies in order of their area under the accuracy curve, largest first.

    Those without an area follow, by the mean accuracy of the last cycle that they have.
    """
    areas = cells.areas(accuracy)

    def height(strategy: str) -> tuple[float, float]:
        lasts = [cells.at(strategy, cycle, accuracy) for cycle in cells.cycles]
        last = next((found for found in reversed(lasts) if found), None)
        return _mean(areas[strategy]), _mean(last or {})

    return replace(cells, strategies=tuple(sorted(cells.strategies, key=height, reverse=True)))


def _mean(values: Mapping[int, float]) -> float:
    return math.fsum(values.values()) / len(values) if values else -math.inf


def arrange(
    rows: Sequence[Row],
    *,
    strategies: Sequence[str] = (),
    seeds: Sequence[int] = (),
    another: Mapping[str, str] | None = None,
) -> Cells:
    """Put `rows` in order; `strategies` and `seeds` are those planned, with rows or without.

    When the rows are of more than one study, a strategy is called ``study: strategy``. `another`
    is what makes the teacher of a strategy another one, by its own name; empty where nothing does.

    Raises
    ------
    ValueError
        Two rows are of the same cycle of the same cell, or of other classes than the first row.
    """
    several = len({row["study"] for row in rows}) > 1
    found: dict[tuple[str, int, int], Row] = {}
    for row in rows:
        name = f"{row['study']}: {row['strategy']}" if several else str(row["strategy"])
        key = name, int(row["seed"]), int(row["cycle"])
        if key in found:
            raise ValueError(
                f"expected one row for each cycle of a cell, found two of strategy {name!r},"
                f" seed {key[1]}, cycle {key[2]}"
            )
        if list(row["classes"]) != list(rows[0]["classes"]):
            raise ValueError(
                f"expected the classes {list(rows[0]['classes'])} in every row,"
                f" found {list(row['classes'])} in strategy {name!r}, seed {key[1]}"
            )
        found[key] = row
    names = dict.fromkeys([*strategies, *(name for name, _, _ in found)])
    reasons = {name: (another or {}).get(name.rpartition(": ")[2], "") for name in names}
    return Cells(
        strategies=tuple(names),
        seeds=tuple(sorted({*seeds, *(seed for _, seed, _ in found)})),
        cycles=tuple(sorted({cycle for _, _, cycle in found})),
        rows=found,
        another={name: reason for name, reason in reasons.items() if reason},
    )
