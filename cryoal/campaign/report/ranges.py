"""Values with their intervals, a line for each, as inline SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from cryoal.campaign.report.figures import COLOURS, marker, tick_said, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Range", "Ranges", "draw_ranges"]

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 520, 20, 20, 40, 48
NAME, LINE, GAP = 18, 18, 10
"""Heights: of a group's name, of each of its lines, and between groups."""


@dataclass(frozen=True)
class Range:
    """One value and its interval; without a value the interval alone is drawn."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Ranges:
    """What to draw, and how to say it to those who do not see it."""

    title: str
    description: str
    x_label: str
    series: tuple[str, ...]
    """What the lines of each group are, in their order."""
    groups: tuple[tuple[str, tuple[Range, ...]], ...]
    """A name, and a range for each series."""
    x_range: tuple[float, float]


def draw_ranges(chart: Ranges, name: str) -> Markup:
    """`chart` as an ``<svg>`` element; `name` is an id of its own in the page."""
    x_ticks = ticks(*chart.x_range)
    each = NAME + LINE * len(chart.series) + GAP
    bottom = TOP + each * len(chart.groups)
    height = bottom + BOTTOM
    parts = [
        Markup(
            '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d">'
            '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>'
        ).format(WIDTH, height, name, name, name, chart.title, name, chart.description),
        *(_tick(tick, x_ticks, bottom) for tick in x_ticks),
        Markup('<text class="label" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            (LEFT + WIDTH - RIGHT) / 2, height - 8, chart.x_label
        ),
    ]
    for at, (group, ranges) in enumerate(chart.groups):
        y = TOP + at * each
        parts.append(Markup('<text x="{}" y="{}">{}</text>').format(LEFT, y + NAME - 4, group))
        for number, (series, one) in enumerate(zip(chart.series, ranges, strict=True)):
            line = y + NAME + LINE * number + LINE / 2
            parts.append(_range(one, x_ticks, line, number, f"{group}, {series}"))
    for number, series in enumerate(chart.series):
        x = LEFT + 8 + sum(len(other) for other in chart.series[:number]) * 7.2 + number * 44
        parts.append(marker(x, 16, number, series))
        parts.append(
            Markup('<text class="tick" x="{}" y="{}">{}</text>').format(x + 12, 20, series)
        )
    return Markup("").join([*parts, Markup("</svg>")])


def _x(value: float, x_ticks: Sequence[float]) -> float:
    share = (value - x_ticks[0]) / (x_ticks[-1] - x_ticks[0])
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _tick(tick: float, x_ticks: Sequence[float], bottom: float) -> Markup:
    x = _x(tick, x_ticks)
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>'
    ).format(x, x, TOP, bottom, x, bottom + 18, tick_said(tick, x_ticks))


def _range(one: Range, x_ticks: Sequence[float], y: float, number: int, said: str) -> Markup:
    low, high = _x(one.low, x_ticks), _x(one.high, x_ticks)
    colour = number % COLOURS
    whisker = Markup('<line class="whisker s{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
        colour, low, high, y, y
    )
    if one.value is None:
        return whisker
    said = f"{said}: {one.value:.4g} ({one.low:.4g} to {one.high:.4g})"
    return whisker + marker(_x(one.value, x_ticks), y, number, said)
