"""Which curves the report draws, and what each shows in words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from cryoal.campaign.report.agreement import agreement
from cryoal.campaign.report.figures import Chart, Series
from cryoal.estimate.intervals import wilson

if TYPE_CHECKING:
    from cryoal.campaign.report.gather import Facts, Stage

__all__ = ["loss_chart", "share_charts", "transfer_chart"]


def share_charts(facts: Facts) -> tuple[Chart | None, Chart | None]:
    """The learning curve on the test set, and the agreement with the expert, on the same axes.

    Each is None when there is nothing to show in it.
    """
    both = [_learning(facts), _agreement(facts)]
    there = [chart for chart in both if chart is not None]
    if not there:
        return None, None
    low = min(chart.lowest() for chart in there)
    # from a tenth below the lowest value, so that a curve near 1 is not a flat line
    y_range = max(0.0, math.floor(low * 10) / 10 - 0.1), 1.0
    x_to = max(x for chart in there for _, series in chart.drawn for x, _ in series.points)
    learning, agreement_ = (c and replace(c, y_range=y_range, x_to=x_to) for c in both)
    return learning, agreement_


def _learning(facts: Facts) -> Chart | None:
    measured = facts.measured
    if not measured:
        return None
    accuracy = tuple((float(s.n_labelled), float(t["accuracy"])) for s, t in measured)
    macro_f1 = tuple((float(s.n_labelled), float(t["macro_f1"])) for s, t in measured)
    intervals = tuple(wilson(t["accuracy"] * t["n"], t["n"]) for _, t in measured)
    said = "; ".join(
        f"{s.n_labelled} labels: accuracy {t['accuracy']:.3f}, macro-F1 {t['macro_f1']:.3f}"
        for s, t in measured
    )
    return Chart(
        title="Learning curve on the test set",
        description=said,
        x_label="labels trained on",
        y_label="share of the test set",
        series=(Series("accuracy", accuracy, intervals), Series("macro-F1", macro_f1)),
    )


def _agreement(facts: Facts) -> Chart | None:
    compared = [(stage, agreement(query, facts.standing)) for stage, query in facts.cycles]
    compared = [(stage, found) for stage, found in compared if found.n]
    if not compared:
        return None
    points = tuple((float(s.n_labelled), found.n_agree / found.n) for s, found in compared)
    intervals = tuple(wilson(found.n_agree, found.n) for _, found in compared)
    said = "; ".join(
        f"{stage.name}: {found.n_agree} of {found.n} suggestions were the expert's answer"
        for stage, found in compared
    )
    return Chart(
        title="Agreement on the queried boxes",
        description=said,
        x_label="labels trained on when the query was made",
        y_label="share of suggestions that agree",
        series=(Series("agreement", points, intervals),),
    )


def loss_chart(stage: Stage) -> Chart | None:
    """Task losses of teacher and student in the last training."""
    return _by_epoch(
        stage,
        {"teacher": "teacher_loss", "student": "student_loss"},
        "Task loss",
        "cross entropy, nats",
    )


def transfer_chart(stage: Stage) -> Chart | None:
    """The attention transfer loss in the last training."""
    return _by_epoch(
        stage,
        {"transfer loss": "transfer_loss"},
        "Attention transfer loss (eq. 1)",
        "distance of attention maps",
    )


def _by_epoch(stage: Stage, columns: dict[str, str], title: str, y_label: str) -> Chart | None:
    series = tuple(
        Series(
            name,
            tuple((float(e), float(y)) for e, y in enumerate(stage.history[column], start=1)),
            marked=len(stage.history[column]) <= 3,
        )
        for name, column in columns.items()
        if stage.history.get(column)
    )
    if not series:
        return None
    said = "; ".join(
        f"{s.name}: {s.points[0][1]:.3g} in the first epoch, {s.points[-1][1]:.3g} in the last"
        for s in series
    )
    return Chart(title, said, "epoch", y_label, series)
