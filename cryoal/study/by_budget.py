"""Tables with strategies down and budgets across."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from cryoal.estimate.student import Interval, mean_interval
from cryoal.study.arrange import accuracy, gap, macro_f1, miou, worst_recall
from cryoal.study.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryoal.study.arrange import Cells, Measure, Row
    from cryoal.study.table import Kind

__all__ = [
    "at_budget",
    "by_budget",
    "high_gradient",
    "interval",
    "learning_curve",
    "macro_f1_curve",
    "miou_curve",
    "over_seeds",
    "student_curve",
    "time_by_budget",
    "train_test_gap",
    "validation_curve",
    "worst_recall_curve",
]


def at_budget(cells: Cells, cycle: int) -> str:
    """How a budget is called: ``200``, or ``196–200`` where the cells differ."""
    low, high = cells.budgets(cycle)
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def interval(values: Iterable[float]) -> Interval | None:
    """Mean and interval of the values of the seeds; None when there are none."""
    there = list(values)
    return mean_interval(there) if there else None


def over_seeds(cells: Cells) -> str:
    """The sentence that says how many seeds stand behind a table."""
    n = len(cells.seeds)
    if n < 2:
        return "One seed: there is no interval, and any difference may be chance."
    some = any(len(cells.finished(s)) < n for s in cells.strategies)
    fewer = " Where it is of fewer, their number is given." if some else ""
    return f"Mean over {n} seeds ± half of its 95 % interval (Student’s t).{fewer}"


def by_budget(
    cells: Cells,
    name: str,
    title: str,
    measure: Measure,
    *,
    kind: Kind = "share",
    best: Literal["high", "low"] | None = "high",
    note: str = "",
) -> Table | None:
    """Strategies down, budgets across; None when no row has the number."""
    there = [c for c in cells.cycles if any(cells.at(s, c, measure) for s in cells.strategies)]
    rows = [
        (s, *(interval(cells.at(s, c, measure).values()) for c in there)) for s in cells.strategies
    ]
    rows = [row for row in rows if any(cell is not None for cell in row[1:])]
    if not there or not rows:
        return None
    columns = [Column(f"{at_budget(cells, c)} labels", kind, best) for c in there]
    return Table(
        name=name,
        title=title,
        columns=(Column("strategy"), *columns),
        rows=tuple(rows),
        note=f"{over_seeds(cells)} {note}".strip(),
        n_seeds=len(cells.seeds),
    )


def learning_curve(cells: Cells) -> Table | None:
    """Accuracy on the test set at each budget."""
    return by_budget(
        cells,
        "accuracy",
        "Accuracy on the test set at each budget, %",
        accuracy,
        note="Bold: the highest mean of the column, whether or not the others differ from it.",
    )


def miou_curve(cells: Cells) -> Table | None:
    """Mean intersection over union of a segmentation at each budget."""
    return by_budget(
        cells,
        "miou",
        "mIoU on the test set at each budget, %",
        miou,
        note="Intersection over union of the pixels, mean over the classes that occur.",
    )


def macro_f1_curve(cells: Cells) -> Table | None:
    """Macro-F1 at each budget."""
    return by_budget(cells, "macro_f1", "Macro-F1 on the test set at each budget, %", macro_f1)


def worst_recall_curve(cells: Cells) -> Table | None:
    """The lowest recall of a class at each budget."""
    return by_budget(
        cells,
        "worst_recall",
        "Recall of the worst class at each budget, %",
        worst_recall,
        note="Which class is the worst may change from one budget and seed to the next.",
    )


def student_curve(cells: Cells) -> Table | None:
    """Accuracy of the student on the test set at each budget."""
    return by_budget(
        cells,
        "student_accuracy",
        "Accuracy of the student on the test set, %",
        lambda row: row["student_accuracy"],
    )


def validation_curve(cells: Cells) -> Table | None:
    """Accuracy on the validation boxes at each budget."""
    return by_budget(
        cells,
        "validation_accuracy",
        "Accuracy on the validation boxes, %",
        lambda row: row["validation_accuracy"],
        note="The labels of validation boxes are part of the budget.",
    )


def train_test_gap(cells: Cells) -> Table | None:
    """Train-test gap at each budget (Tables I and IV)."""
    return by_budget(
        cells,
        "train_test_gap",
        "Gap between training and test accuracy at each budget, percentage points"
        " (Tables I and IV)",
        gap,
        best="low",
        note="A gap is small also where the training accuracy is: read it beside the accuracy.",
    )


def high_gradient(cells: Cells) -> Table | None:
    """How many picks have a high gradient norm at each budget (Table III)."""
    picked = {row["n_picked"] for row in cells.rows.values() if row["high_gradient"] is not None}
    picked.discard(None)
    if not picked:
        return None
    of = f"{min(picked):,}" if len(picked) == 1 else f"{min(picked):,} to {max(picked):,}"
    return by_budget(
        cells,
        "high_gradient",
        f"Picks of a high gradient norm, out of {of} (Table III)",
        lambda row: row["high_gradient"],
        kind="count",
        note="Counted are the picks that are among as many candidates of the random subset with"
        " the highest gradient norm.",
    )


def time_by_budget(cells: Cells) -> Table | None:
    """Seconds of each cycle, all steps together."""

    def together(row: Row) -> float | None:
        there = [value for value in row["seconds"].values() if value is not None]
        return math.fsum(there) if there else None

    return by_budget(
        cells,
        "time_by_budget",
        "Time of each cycle, seconds: training, scoring and selecting together",
        together,
        kind="seconds",
        best="low",
    )
