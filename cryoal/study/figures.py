"""Learning curves and the penalty matrix: as SVG for the page, and as files with matplotlib."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cryoal.campaign.report.figures import Chart, Series
from cryoal.estimate.student import mean_interval
from cryoal.records import replacing
from cryoal.study.arrange import accuracy, budget, macro_f1, miou, worst_recall
from cryoal.study.differences import REFERENCE
from cryoal.study.tables import penalties

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.study.arrange import Cells, Measure
    from cryoal.study.statistics import PenaltyMatrix

__all__ = ["CURVES", "MOST_BANDS", "Curve", "all_in_one", "heat_map", "one_by_one", "write_figures"]

MOST_BANDS = 6
"""With more strategies the bands in one chart hide each other: then each also gets its own."""

X_LABEL = "labels, validation included"

# Okabe and Ito (2008) without their yellow, which is not seen on white
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "<", ">")
LINES = ("-", "--", ":")


@dataclass(frozen=True)
class Curve:
    """What a learning curve shows."""

    name: str
    """Of its files, and its id in the page."""
    title: str
    measure: Measure


CURVES = (
    Curve("accuracy", "Accuracy on the test set", accuracy),
    Curve("miou", "mIoU on the test set", miou),
    Curve("macro_f1", "Macro-F1 on the test set", macro_f1),
    Curve("worst_recall", "Recall of the worst class", worst_recall),
)


def _mean_curve(cells: Cells, strategy: str, measure: Measure, *, intervals: bool) -> Series | None:
    """The mean over seeds at each cycle, at the mean budget of the same cells."""
    points, ends = [], []
    for cycle in cells.cycles:
        found = cells.at(strategy, cycle, measure)
        if found:
            labels = [budget(cells.rows[strategy, seed, cycle]) for seed in found]
            mean = mean_interval(found.values())
            points.append((math.fsum(labels) / len(labels), mean.mean))
            # a cycle of one seed has no interval: the band closes to the line there
            low, high = _or(mean.low, mean.mean), _or(mean.high, mean.mean)
            ends.append((max(low, 0.0), min(high, 1.0)))  # all curves are shares
    if not points:
        return None
    has_width = any(low < high for low, high in ends)
    return Series(strategy, tuple(points), tuple(ends) if intervals and has_width else ())


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def all_in_one(cells: Cells, curve: Curve) -> Chart | None:
    """Every strategy in one chart, with bands while they are few; None without a row."""
    few = len(cells.strategies) <= MOST_BANDS
    series = [_mean_curve(cells, s, curve.measure, intervals=few) for s in cells.strategies]
    return _chart(cells, curve, series, curve.title)


def one_by_one(cells: Cells, curve: Curve) -> list[tuple[str, Chart]]:
    """For each strategy a chart of it and of random, all on the same axes."""
    every = [_mean_curve(cells, s, curve.measure, intervals=True) for s in cells.strategies]
    whole = _chart(cells, curve, every, curve.title)
    charts = []
    for strategy in cells.strategies:
        shown = [s if s and s.name in (strategy, REFERENCE) else None for s in every]
        chart = _chart(cells, curve, shown, f"{curve.title}: {strategy}", axes=whole)
        if chart is not None and any(s and s.name == strategy for s in shown):
            charts.append((strategy, chart))
    return charts


def _chart(
    cells: Cells,
    curve: Curve,
    series: Sequence[Series | None],
    title: str,
    axes: Chart | None = None,
) -> Chart | None:
    there = [s for s in series if s is not None]
    if not there:
        return None
    said = "; ".join(
        f"{s.name}: {s.points[0][1]:.3f} with {s.points[0][0]:g} labels,"
        f" {s.points[-1][1]:.3f} with {s.points[-1][0]:g}"
        for s in there
    )
    values = [y for s in there for _, y in s.points]
    values += [y for s in there for interval in s.intervals for y in interval]
    xs = [x for s in there for x, _ in s.points]
    return Chart(
        title=title,
        description=said,
        x_label=X_LABEL,
        y_label="share",
        series=tuple(series),
        y_range=axes.y_range if axes else (min(values), max(values)),
        x_from=axes.x_from if axes else min(xs),
        x_to=axes.x_to if axes else max(xs),
        banded=True,
        legend=False,
    )


def heat_map(matrix: PenaltyMatrix, name: str) -> Markup:
    """The penalty matrix as an ``<svg>``: how often the row beats the column, in percent."""
    n = len(matrix.names)
    longest = max(len(s) for s in [*matrix.names, "is beaten, mean"])
    cell, left, top = 46, 7.4 * longest + 16, 5.4 * longest + 24
    width, height = left + cell * (n + 1) + 60, top + cell * (n + 1) + 14
    parts = [
        Markup(
            '<svg class="chart matrix" viewBox="0 0 {:.0f} {:.0f}" style="max-width: {:.0f}px"'
            ' role="img" aria-labelledby="{}-t {}-d"><title id="{}-t">Pairwise penalty matrix'
            '</title><desc id="{}-d">{}</desc>'
        ).format(width, height, width, name, name, name, name, _matrix_in_words(matrix))
    ]

    def write(x: float, y: float, text: str, anchor: str, *, quiet: bool = False) -> None:
        parts.append(
            Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
                "tick" if quiet else "label", x, y, anchor, text
            )
        )

    def square(
        row: float, column: float, value: float | None, said: str, *, holds: bool = False
    ) -> None:
        x, y = left + cell * column, top + cell * row
        parts.append(
            Markup(
                '<rect class="heat-cell{}" x="{:.1f}" y="{:.1f}" width="{}" height="{}"'
                ' fill-opacity="{:.3f}"><title>{}</title></rect>'
            ).format(
                " holds" if holds else "",
                x + 1,
                y + 1,
                cell - 2,
                cell - 2,
                0.85 * (value or 0.0),
                f"{said}, also after correction" if holds else said,
            )
        )
        text = "–" if value is None else f"{100 * value:.0f}"
        write(x + cell / 2, y + cell / 2 + 5, text, "middle", quiet=value is None)

    def top_name(column: float, text: str) -> None:
        x, y = left + cell * (column + 0.5) + 4, top - 8
        parts.append(
            Markup(
                '<text class="label" transform="translate({:.1f} {:.1f}) rotate(-45)">{}</text>'
            ).format(x, y, text)
        )

    apart = 0.2  # the means stand a little away from the matrix
    for i, of in enumerate(matrix.names):
        write(left - 8, top + cell * (i + 0.5) + 5, of, "end")
        top_name(i, of)
        for j, over in enumerate(matrix.names):
            if i != j:
                square(i, j, matrix.wins[i][j], f"{of} beats {over}", holds=matrix.holds[i][j])
        square(i, n + apart, matrix.beats(i), f"{of} beats another, mean")
        square(n + apart, i, matrix.beaten(i), f"{of} is beaten by another, mean")
    top_name(n + apart, "beats, mean")
    write(left - 8, top + cell * (n + apart + 0.5) + 5, "is beaten, mean", "end")
    return Markup("").join([*parts, Markup("</svg>")])


def _matrix_in_words(matrix: PenaltyMatrix) -> str:
    said = []
    for place, name in enumerate(matrix.names):
        beats, beaten = matrix.beats(place), matrix.beaten(place)
        if beats is not None and beaten is not None:
            said.append(f"{name} beats others at {beats:.0%}, is beaten at {beaten:.0%}")
    return "; ".join(said)


def write_figures(
    cells: Cells, folder: Path, *, curves: Sequence[Curve] = CURVES
) -> list[str] | None:
    """Draw `curves` and the matrix as PNG and SVG into `folder`.

    Returns
    -------
    list of str or None
        Names of the files; None when matplotlib is not installed, and then nothing is written.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        return None
    drawn: dict[str, Any] = {}
    for curve in curves:
        if all(curve.measure(row) is None for row in cells.rows.values()):
            continue
        drawn[curve.name] = _plot_all(cells, curve)
        if len(cells.strategies) > MOST_BANDS:
            drawn[f"{curve.name}_each"] = _plot_each(cells, curve)
    matrix = penalties(cells)
    if any(value is not None for row in matrix.wins for value in row):
        drawn["penalty_matrix"] = _plot_matrix(matrix)
    names = []
    # text stays text, and the same rows give the same file
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cryoal"}):
        for name, figure in drawn.items():
            for ending, about in (("png", {"Software": None}), ("svg", {"Date": None})):
                with replacing(folder / f"{name}.{ending}") as temporary:
                    figure.savefig(temporary, format=ending, dpi=200, metadata=about)
                names.append(f"{name}.{ending}")
    return names


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure  # not pyplot: nothing global is touched

    return Figure(figsize=(width, height), layout="constrained")


def _plot(
    axes: Any, cells: Cells, curve: Curve, strategy: str, *, band: bool, grey: bool = False
) -> None:
    series = _mean_curve(cells, strategy, curve.measure, intervals=band)
    if series is None:
        return
    place = cells.strategies.index(strategy)
    x, y = zip(*series.points, strict=True)
    colour = "0.55" if grey else COLOURS[place % len(COLOURS)]
    line = LINES[place // len(COLOURS) % len(LINES)]
    marker = MARKERS[place % len(MARKERS)]
    axes.plot(x, y, line, marker=marker, color=colour, markersize=5, label=strategy)
    if series.intervals:
        low, high = zip(*series.intervals, strict=True)
        axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)


def _plot_all(cells: Cells, curve: Curve) -> Any:
    figure = _figure(7.5, 4.4)
    axes = figure.add_subplot()
    for strategy in cells.strategies:
        few = len(cells.strategies) <= MOST_BANDS
        _plot(axes, cells, curve, strategy, band=few)
    axes.set(xlabel=X_LABEL, ylabel=curve.title)
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize="small", frameon=False)
    return figure


def _plot_each(cells: Cells, curve: Curve) -> Any:
    across = 4
    there = [s for s in cells.strategies if any(cells.n_done(s, seed) for seed in cells.seeds)]
    down = math.ceil(len(there) / across)
    figure = _figure(3.0 * across, 2.4 * down)
    grid = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    panels = [axes for line in grid for axes in line]
    for axes, strategy in zip(panels, there, strict=False):
        for name in dict.fromkeys([REFERENCE, strategy]):
            if name in cells.strategies:
                _plot(axes, cells, curve, name, band=True, grey=name == REFERENCE)
        axes.set_title(strategy, fontsize="small")
        axes.grid(alpha=0.3)
    for axes in panels[len(there) :]:
        axes.remove()
    figure.supxlabel(X_LABEL, fontsize="small")
    figure.supylabel(curve.title, fontsize="small")
    return figure


def _plot_matrix(matrix: PenaltyMatrix) -> Any:
    from matplotlib.patches import Rectangle

    n = len(matrix.names)
    figure = _figure(2.5 + 0.5 * n, 2.0 + 0.5 * n)
    axes = figure.add_subplot()
    shares = [[math.nan if v is None else 100 * v for v in row] for row in matrix.wins]
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for i, row in enumerate(shares):
        for j, value in enumerate(row):
            if not math.isnan(value):
                colour = "white" if value > 60 else "black"
                axes.text(j, i, f"{value:.0f}", ha="center", va="center", color=colour)
            if matrix.holds[i][j]:
                frame = Rectangle((j - 0.46, i - 0.46), 0.92, 0.92, fill=False, linewidth=1.5)
                axes.add_patch(frame)
    axes.set_xticks(range(n), matrix.names, rotation=45, ha="right")
    axes.set_yticks(range(n), matrix.names)
    figure.colorbar(image, label="row beats column, % of the budgets", shrink=0.8)
    return figure
