"""The report of a comparison: one page, the tables as CSV, the figures as PNG and SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cryoal.campaign.report.figures import COLOURS, draw, swatch
from cryoal.pages import page_templates
from cryoal.records import now, write_text
from cryoal.study.arrange import accuracy, arrange, ranked
from cryoal.study.by_budget import at_budget
from cryoal.study.differences import REFERENCE, differences, in_words
from cryoal.study.figures import (
    CURVES,
    MOST_BANDS,
    all_in_one,
    heat_map,
    one_by_one,
    write_figures,
)
from cryoal.study.table import MARK
from cryoal.study.tables import TABLES, penalties

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from markupsafe import Markup

    from cryoal.study.arrange import Cells, Row

__all__ = ["write_report"]


def write_report(
    rows: Sequence[Row],
    folder: Path,
    *,
    title: str,
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    strategies: Sequence[str] = (),
    seeds: Sequence[int] = (),
    another: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write ``report.html``, ``tables/*.csv`` and ``figures/*`` into `folder`; what was written.

    The page needs no other file and no network. What the rows do not hold (no student, no
    validation boxes, cells that have not been run) is said to be missing.

    Parameters
    ----------
    rows : sequence of mapping
        One for each trained cycle of each cell.
    folder : Path
        Made when it is not there; files of an earlier report are replaced.
    title : str
        Heading of the page.
    notes : sequence of str
        Sentences that stand at the top of the page, such as the protocol.
    warnings : sequence of str
        Sentences that a reader must not miss.
    strategies, seeds : sequence
        What is planned, so that cells without a row are named too.
    another : mapping
        For each strategy that trains another teacher on the same labels what makes it another;
        it is marked. See :func:`~cryoal.study.teachers.other_teachers`.

    Raises
    ------
    ValueError
        Two rows are of the same cycle of the same cell, or rows differ in their classes.
    """
    cells = ranked(arrange(rows, strategies=strategies, seeds=seeds, another=another))
    marked = frozenset(cells.another)
    tables = {
        table.name: replace(table, marked=marked)
        for make in TABLES
        if (table := make(cells)) is not None
    }
    for name, table in tables.items():
        write_text(folder / "tables" / f"{name}.csv", table.csv())
    files = write_figures(cells, folder / "figures") if cells.rows else []
    context = {
        "title": title,
        "notes": list(notes),
        "warnings": list(warnings),
        "tables": tables,
        "cells": cells,
        "n_run": sum(cells.n_done(s, seed) > 0 for s in cells.strategies for seed in cells.seeds),
        "reference": REFERENCE,
        "mark": MARK,
        "another": _another(cells),
        "lacking": _lacking(cells),
        "is_uneven": any(len(set(cells.budgets(cycle))) > 1 for cycle in cells.cycles),
        "leader": _leader(cells) if cells.rows else "",
        "budgets": [at_budget(cells, cycle) for cycle in cells.cycles],
        "hours": _hours(cells),
        "curves": _curves(cells),
        "most_bands": MOST_BANDS,
        "legend": [
            (place, s, swatch(s, place))
            for place, s in enumerate(cells.strategies)
            if any(cells.n_done(s, seed) for seed in cells.seeds)
        ],
        "reference_place": (*cells.strategies, REFERENCE).index(REFERENCE),
        "colours": COLOURS,
        "matrix": heat_map(penalties(cells), "matrix") if "penalty_matrix" in tables else None,
        "files": files,
        "written": now(),
    }
    write_text(folder / "report.html", _render(context))
    return [
        *(folder / "tables" / f"{name}.csv" for name in tables),
        *(folder / "figures" / name for name in files or ()),
        folder / "report.html",
    ]


@dataclass(frozen=True)
class _Drawn:
    """A learning curve as the page shows it."""

    title: str
    chart: Markup
    each: list[tuple[str, Markup]]


def _curves(cells: Cells) -> list[_Drawn]:
    drawn = []
    for curve in CURVES:
        chart = all_in_one(cells, curve)
        if chart is not None:
            many = len(cells.strategies) > MOST_BANDS
            each = [
                (strategy, draw(small, f"{curve.name}-{place}"))
                for place, (strategy, small) in enumerate(one_by_one(cells, curve) if many else [])
            ]
            drawn.append(_Drawn(curve.title, draw(chart, curve.name), each))
    return drawn


def _lacking(cells: Cells) -> list[str]:
    """What has not been run, one sentence for each strategy."""
    said = []
    for s in cells.strategies:
        never = [str(seed) for seed in cells.seeds if not cells.n_done(s, seed)]
        part = [
            f"seed {seed} has {cells.n_done(s, seed)} of {len(cells.cycles)} cycles"
            for seed in cells.seeds
            if 0 < cells.n_done(s, seed) < len(cells.cycles)
        ]
        if len(never) == len(cells.seeds):
            part.append("not run at all")
        elif never:
            part.append(f"seed{'s' * (len(never) > 1)} {', '.join(never)} not run")
        if part:
            said.append(f"{s}: {'; '.join(part)}")
    return said


def _another(cells: Cells) -> list[str]:
    """What makes the teachers of marked strategies others, one sentence for each reason."""
    by_reason: dict[str, list[str]] = {}
    for s in cells.strategies:
        if s in cells.another:
            by_reason.setdefault(cells.another[s], []).append(s)
    return [f"{', '.join(names)} ({reason})" for reason, names in by_reason.items()]


def _hours(cells: Cells) -> float:
    seconds = (value for row in cells.rows.values() for value in row["seconds"].values())
    return math.fsum(value for value in seconds if value is not None) / 3600


def _leader(cells: Cells) -> str:
    """Who leads, and which differences are more than chance.

    Who leads is picked by the data, so nothing is said of the leader that would hold of a strategy
    named beforehand only: no interval of its own, no test of its own.
    """
    areas = cells.areas(accuracy)
    first = cells.strategies[0]
    if not areas[first]:
        return ""
    mean = 100 * math.fsum(areas[first].values()) / len(areas[first])
    several = sum(1 for found in areas.values() if found) > 1
    said = (
        f"{first} has the largest mean area under the accuracy curve, {mean:.2f} %"
        if several
        else ""
    )
    return " ".join(
        part
        for part in (
            f"{said}." if said else "",
            in_words(differences(cells), marked=frozenset(cells.another)),
        )
        if part
    )


def _render(context: dict[str, Any]) -> str:
    # the style sheet is that of a campaign's report
    templates = page_templates("cryoal.study", "cryoal.campaign.report")
    return templates.get_template("study.html.j2").render(context)
