"""The tables of a comparison: the paper's, with the intervals that it lacks."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from cryoal.estimate.student import Interval, mean_interval
from cryoal.study.arrange import accuracy, budget, macro_f1, worst_recall
from cryoal.study.by_budget import (
    at_budget,
    high_gradient,
    interval,
    learning_curve,
    macro_f1_curve,
    miou_curve,
    over_seeds,
    student_curve,
    time_by_budget,
    train_test_gap,
    validation_curve,
    worst_recall_curve,
)
from cryoal.study.differences import REFERENCE, differences
from cryoal.study.needed import labels_needed
from cryoal.study.statistics import penalty_matrix, shared_range
from cryoal.study.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryoal.study.arrange import Cells, Measure, Row
    from cryoal.study.statistics import PenaltyMatrix
    from cryoal.study.table import Cell

__all__ = [
    "TABLES",
    "bound",
    "differences_table",
    "labels_to_reach",
    "penalties",
    "penalty_table",
    "picked_and_test",
    "recall_by_class",
    "run_cells",
    "stopping",
    "summary",
    "time_per_cycle",
]


MOST_PAIRS = 12
"""So many wins are named in a note; the others are in the picture."""


def recall_by_class(cells: Cells) -> Table | None:
    """Recall of each class at the last budget (Tables II, VI and VII)."""
    if not cells.rows:
        return None
    last = cells.cycles[-1]
    first = next(iter(cells.rows.values()))
    columns = [
        Column(f"{name} ({n:,})", "share", "high")
        for name, n in zip(first["classes"], first["support"], strict=True)
    ]
    rows = [
        (s, *(interval(cells.at(s, last, _recall_of(i)).values()) for i in range(len(columns))))
        for s in cells.strategies
    ]
    is_brief = len(columns) > 8
    return Table(
        name="recall_by_class",
        title=f"Recall of each class with {at_budget(cells, last)} labels, %"
        " (Tables II, VI and VII)",
        columns=(Column("strategy"), *columns),
        rows=tuple(row for row in rows if any(cell is not None for cell in row[1:])),
        note=f"{over_seeds(cells)} In brackets: boxes of the class in the test set."
        + (" The intervals are in the CSV file." if is_brief else ""),
        n_seeds=len(cells.seeds),
        is_brief=is_brief,
    )


def _recall_of(place: int) -> Callable[[Row], float | None]:
    return lambda row: float(row["recall"][place]) if row["support"][place] > 0 else None


def picked_and_test(cells: Cells) -> Table | None:
    """Accuracy on the picks before their labels, and on the test set after (Sec. III-C)."""
    columns, by_pair = [], []
    for now, after in itertools.pairwise(cells.cycles):
        picked = {s: cells.at(s, now, lambda row: row["picked_accuracy"]) for s in cells.strategies}
        if any(picked.values()):
            columns += [
                Column(f"picks, {at_budget(cells, now)} labels", "share"),
                Column(f"test, {at_budget(cells, after)} labels", "share", "high"),
            ]
            by_pair.append((picked, after))
    if not columns:
        return None
    rows: list[tuple[Cell, ...]] = []
    for s in cells.strategies:
        row: list[Cell] = [s]
        for picked, after in by_pair:
            later = cells.at(s, after, accuracy)
            row += [
                interval(picked[s].values()),
                interval(value for seed, value in later.items() if seed in picked[s]),
            ]
        if any(cell is not None for cell in row[1:]):
            rows.append(tuple(row))
    is_brief = len(columns) > 6
    return Table(
        name="picked_and_test",
        title="Accuracy on the picks before they are labelled, and on the test set after"
        " training on them, % (Sec. III-C)",
        columns=(Column("strategy"), *columns),
        rows=tuple(rows),
        note=f"{over_seeds(cells)} A low accuracy on the picks says that hard boxes were asked for."
        + (" The intervals are in the CSV file." if is_brief else ""),
        n_seeds=len(cells.seeds),
        is_brief=is_brief,
    )


def bound(cells: Cells) -> Table | None:
    """The bound of the task loss at each budget (eq. 6)."""
    rows: list[tuple[Cell, ...]] = []
    for s, cycle in itertools.product(cells.strategies, cells.cycles):
        distance, error, loss = (
            cells.at(s, cycle, _part_of(part)) for part in ("distance", "error", "loss")
        )
        total = {seed: distance[seed] + error[seed] for seed in distance}
        if total:
            means = [interval(part.values()) for part in (distance, error, total, loss)]
            held = sum(loss[seed] <= total[seed] for seed in total)
            rows.append((s, at_budget(cells, cycle), *means, f"{held} of {len(total)}"))
    if not rows:
        return None
    names = ("D", "‖f − y‖", "D + ‖f − y‖", "task loss ‖g − y‖")
    numbers = [Column(name, "number") for name in names]
    return Table(
        name="bound",
        title="The bound of the task loss (eq. 6): the loss is at most D + ‖f − y‖",
        columns=(Column("strategy"), Column("labels"), *numbers, Column("seeds it holds for")),
        rows=tuple(rows),
        note=f"{over_seeds(cells)} g is the teacher, f the student, y the label, D their distance.",
        n_seeds=len(cells.seeds),
    )


def _part_of(part: str) -> Measure:
    return lambda row: None if row["bound"] is None else float(row["bound"][part])


STEPS = ("train", "score", "select")


def time_per_cycle(cells: Cells) -> Table | None:
    """Seconds of a cycle, split into training, scoring and selecting."""
    rows: list[tuple[Cell, ...]] = []
    for s in cells.strategies:
        by_seed: dict[str, list[float]] = {step: [] for step in (*STEPS, "all", "asking")}
        for seed in cells.seeds:
            found = {step: _mean_seconds(cells, s, seed, step) for step in STEPS}
            if any(value is not None for value in found.values()):
                known = {step: value for step, value in found.items() if value is not None}
                whole = math.fsum(known.values())
                asking = whole - known.get("train", 0.0)
                for step, value in {**known, "all": whole}.items():
                    by_seed[step].append(value)
                by_seed["asking"].append(asking / whole if whole else 0.0)
        if by_seed["all"]:
            rows.append((s, *(interval(values) for values in by_seed.values())))
    if not rows:
        return None
    return Table(
        name="time_per_cycle",
        title="Time of a cycle, seconds",
        columns=(
            Column("strategy"),
            *(Column(step, "seconds") for step in STEPS),
            Column("together", "seconds", "low"),
            Column("score and select, % of it", "share"),
        ),
        rows=tuple(rows),
        note=f"{over_seeds(cells)} Each seed gives the mean of its cycles."
        " Times of cells that ran on different or busy machines do not compare.",
        n_seeds=len(cells.seeds),
    )


def _mean_seconds(cells: Cells, strategy: str, seed: int, step: str) -> float | None:
    values = [
        cells.rows[strategy, seed, cycle]["seconds"].get(step)
        for cycle in cells.cycles
        if (strategy, seed, cycle) in cells.rows
    ]
    there = [float(value) for value in values if value is not None]
    return math.fsum(there) / len(there) if there else None


def labels_to_reach(cells: Cells) -> Table | None:
    """Labels needed to reach an accuracy; None with fewer than two seeds of every strategy."""
    lasts = cells.at(REFERENCE, cells.cycles[-1], accuracy) if cells.cycles else {}
    targets = _round_targets(cells)
    columns = [Column("strategy"), *(Column(f"{100 * t:.4g} %", "range", "low") for t in targets)]
    of_reference = REFERENCE in cells.strategies and len(lasts) > 1
    if of_reference:
        mean = 100 * math.fsum(lasts.values()) / len(lasts)
        columns.append(Column(f"{REFERENCE}’s last ({mean:.2f} %)", "range", "low"))
    rows = []
    for s in cells.strategies:
        curves = {seed: cells.curve(s, seed, accuracy) for seed in cells.finished(s)}
        row: list[Cell] = [_reached(curves, dict.fromkeys(curves, target)) for target in targets]
        if of_reference:
            row.append(_reached(curves, lasts) if s != REFERENCE else None)
        if any(cell is not None for cell in row):
            rows.append((s, *row))
    if len(columns) < 2 or not rows:
        return None
    return Table(
        name="labels_to_reach",
        title="Labels needed to reach an accuracy on the test set, and the 95 % interval",
        columns=tuple(columns),
        rows=tuple(rows),
        note=f"Of the mean over {len(cells.seeds)} seeds, by a fit that never falls, straight"
        " between budgets. A number stands only where the mean is shown to reach the accuracy"
        " (Student’s t, there and at all larger budgets); else it is told with how many labels that"
        " was not shown, and how many are shown to be too few. What is never reached is told as"
        " reached in at most 2.5 % of the cases, each cell by itself. The accuracy of"
        f" {REFERENCE} is compared seed by seed. Cells with all cycles.",
        n_seeds=len(cells.seeds),
    )


def _reached(curves: Mapping[int, list[tuple[float, float]]], targets: Mapping[int, float]) -> Cell:
    seeds = [seed for seed in curves if seed in targets]
    found = labels_needed([curves[seed] for seed in seeds], [targets[seed] for seed in seeds])
    if found is None:
        return None
    if found.labels is not None:
        return Interval(found.labels, found.low, found.high, found.n)
    if found.low >= found.last:
        return f"more than {found.last:,.0f}"
    too_few = f", more than {found.low:,.0f}" if found.low > found.first else ""
    return f"not shown with {found.last:,.0f}{too_few}"


def _round_targets(cells: Cells) -> list[float]:
    """At most five round accuracies between the best first mean and the best last one."""
    ends = [
        [
            mean_interval(found.values()).mean
            for s in cells.strategies
            if (found := cells.at(s, cycle, accuracy))
        ]
        for cycle in (cells.cycles[:1] + cells.cycles[-1:])
    ]
    if len(ends) < 2:
        return []
    low, high = max(ends[0]), max(ends[1])
    for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2):
        places = range(math.floor(low / step) + 1, math.floor(high / step) + 1)
        if len(places) <= 5:
            return [round(place * step, 3) for place in places]
    return []


def penalties(cells: Cells) -> PenaltyMatrix:
    """The pairwise penalty matrix of the accuracy, of the strategies that have a row."""
    results = {s: cells.by_seed(s, accuracy) for s in cells.strategies}
    return penalty_matrix({s: found for s, found in results.items() if found})


def penalty_table(cells: Cells) -> Table | None:
    """The penalty matrix in numbers, with the means of its rows and columns."""
    matrix = penalties(cells)
    if not any(value is not None for row in matrix.wins for value in row):
        return None
    places = range(len(matrix.names))
    rows: list[tuple[Cell, ...]] = [
        (name, *matrix.wins[i], matrix.beats(i)) for i, name in enumerate(matrix.names)
    ]
    rows.append(("is beaten, mean", *(matrix.beaten(i) for i in places), None))
    return Table(
        name="penalty_matrix",
        title="Share of the budgets at which the strategy of the row beats that of the column, %",
        columns=(
            Column("strategy"),
            *(Column(name, "share") for name in matrix.names),
            Column("beats, mean", "share"),
        ),
        rows=tuple(rows),
        note=f"Paired t-tests over {len(cells.seeds)} seeds, two-sided, α = {matrix.alpha:g},"
        f" {matrix.n_budgets} budgets, not corrected for their number (Ash et al., 2020): each of"
        f" two equal strategies wins at {50 * matrix.alpha:.3g} % of the budgets."
        f" {_that_hold(matrix)}",
    )


def _that_hold(matrix: PenaltyMatrix) -> str:
    """Whose wins hold after correction, in a sentence."""
    pairs = [
        f"{over} over {under}"
        for over, row in zip(matrix.names, matrix.holds, strict=True)
        for under, is_held in zip(matrix.names, row, strict=True)
        if is_held
    ]
    told = "none" if not pairs else ", ".join(pairs[:MOST_PAIRS])
    more = f" and {len(pairs) - MOST_PAIRS} more" if len(pairs) > MOST_PAIRS else ""
    return (
        f"Wins that hold when all {matrix.n_tests:,} tests are corrected for (Holm): {told}{more}."
    )


def differences_table(cells: Cells) -> Table | None:
    """What each strategy is over the reference, and which of it holds for all of them at once."""
    found = differences(cells)
    n = sum(d.over.n > 1 for d in found.values())
    if not n:
        return None
    return Table(
        name="differences",
        title=f"Area under the accuracy curve less that of {REFERENCE} on the same seed, points",
        columns=(
            Column("strategy"),
            Column(f"area over {REFERENCE}’s", "share", "high"),
            Column("t", "number"),
            Column("p, corrected", "number"),
            Column("what holds"),
            *([Column("trains another teacher", on_page=False)] if cells.another else []),
        ),
        rows=tuple(
            (s, d.over, d.t, d.p, d.verdict, *([cells.another.get(s)] if cells.another else []))
            for s, d in found.items()
        ),
        note=f"Mean over {len(cells.seeds)} seeds ± half of the interval; the intervals of all {n}"
        " hold at once with 95 % (Student’s t, Bonferroni), p is corrected by Holm. If all"
        " strategies were equal, one of them or more would be found above or below in at most 5 %"
        " of studies.",
        n_seeds=len(cells.seeds),
    )


def summary(cells: Cells) -> Table | None:
    """The areas under the budget curves, what they are over random, and who is beaten."""
    if not cells.rows:
        return None
    areas = {m: cells.areas(m) for m in (accuracy, macro_f1, worst_recall)}
    matrix, last = penalties(cells), cells.cycles[-1]
    over = differences(cells)
    rows: list[tuple[Cell, ...]] = []
    for place, s in enumerate(matrix.names):
        rows.append(
            (
                s,
                interval(areas[accuracy][s].values()),
                over[s].over if s in over else None,
                over[s].verdict if s in over and over[s].over.n > 1 else None,
                interval(areas[macro_f1][s].values()),
                interval(areas[worst_recall][s].values()),
                interval(cells.at(s, last, accuracy).values()),
                matrix.beaten(place),
                matrix.beats(place),
                cells.another.get(s),
            )
        )
    columns = (
        Column("strategy"),
        Column("area, accuracy", "share", "high"),
        Column(f"area over {REFERENCE}’s", "share", "high"),
        Column("what holds"),
        Column("area, macro-F1", "share", "high"),
        Column("area, worst recall", "share", "high"),
        Column(f"accuracy, {at_budget(cells, last)} labels", "share", "high"),
        Column("is beaten", "share", "low"),
        Column("beats", "share", "high"),
        Column("trains another teacher", on_page=False),
    )
    there = [i for i in range(len(columns)) if any(row[i] is not None for row in rows)]
    return Table(
        name="summary",
        title="Area under the budget curve, accuracy at the end, and tests between strategies, %",
        columns=tuple(columns[i] for i in there),
        rows=tuple(tuple(row[i] for i in there) for row in rows),
        note=f"{over_seeds(cells)} {_area_note(cells)}",
        n_seeds=len(cells.seeds),
    )


def _area_note(cells: Cells) -> str:
    curves = [
        cells.curve(s, seed, accuracy) for s in cells.strategies for seed in cells.finished(s)
    ]
    shared = shared_range(curves)
    if shared is None:
        return "There is no area: no two budgets are shared by all cells."
    low, high = shared
    return (
        f"The area is over {low:,.0f} to {high:,.0f} labels, those of validation included, divided"
        f" by that range: the mean accuracy on the way. Differences to {REFERENCE} are taken seed"
        " by seed; their intervals hold for all strategies at once, and “above” and “below” are"
        " corrected for their number. Cells that lack cycles are left out of the areas."
    )


def stopping(cells: Cells) -> Table | None:
    """Where the stopping rules would have stopped, and what would have been lost."""
    rules = sorted({rule for row in cells.rows.values() for rule in row["advice"]})
    rows: list[tuple[Cell, ...]] = []
    for s, rule in itertools.product(cells.strategies, rules):
        firsts = []
        for seed in cells.finished(s):
            cell = [cells.rows[s, seed, cycle] for cycle in cells.cycles]
            first = next((row for row in cell if rule in row["advice"]), None)
            if first is not None:
                firsts.append((budget(first), accuracy(first), accuracy(cell[-1])))
        if firsts:
            rows.append(
                (
                    s,
                    rule,
                    f"{len(firsts)} of {len(cells.finished(s))}",
                    interval(float(labels) for labels, _, _ in firsts),
                    interval(there for _, there, _ in firsts),
                    interval(last - there for _, there, last in firsts),
                )
            )
    if not rows:
        return None
    return Table(
        name="stopping",
        title="Where the stopping rules would have stopped",
        columns=(
            Column("strategy"),
            Column("rule"),
            Column("seeds it advised"),
            Column("labels", "count"),
            Column("accuracy there, %", "share"),
            Column("gained by going on, points", "share"),
        ),
        rows=tuple(rows),
        note=f"{over_seeds(cells)} The rules advise and never decide: every cell went on.",
    )


def run_cells(cells: Cells) -> Table:
    """How many cycles of each cell have been run."""
    n = len(cells.cycles)
    return Table(
        name="cells",
        title="Cycles that have been run, of each strategy and seed",
        columns=(Column("strategy"), *(Column(f"seed {seed}") for seed in cells.seeds)),
        rows=tuple(
            (s, *(_done(cells.n_done(s, seed), n) for seed in cells.seeds))
            for s in cells.strategies
        ),
        note="",
    )


def _done(n: int, of: int) -> str:
    return f"{n} of {of}" if n else "not run"


TABLES: tuple[Callable[[Cells], Table | None], ...] = (
    summary,
    differences_table,
    learning_curve,
    miou_curve,
    macro_f1_curve,
    worst_recall_curve,
    penalty_table,
    labels_to_reach,
    train_test_gap,
    recall_by_class,
    high_gradient,
    picked_and_test,
    bound,
    student_curve,
    validation_curve,
    stopping,
    time_per_cycle,
    time_by_budget,
    run_cells,
)
"""Every table, in the order of the page; each gives None when the rows do not have its numbers."""
