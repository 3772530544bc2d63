"""Line charts as inline SVG: they take the page's colours, print sharply and need no library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COLOURS", "Chart", "Series", "draw", "marker", "swatch", "tick_said", "ticks"]

WIDTH, HEIGHT = 520, 330
LEFT, RIGHT, TOP, BOTTOM = 58, 20, 44, 52  # room for ticks, labels and the legend
COLOURS = 7  # classes s0 to s6 of the style sheet; with 8 markers, 56 pairs before one comes back


@dataclass(frozen=True)
class Series:
    """One line: points in order of x."""

    name: str
    points: tuple[tuple[float, float], ...]
    intervals: tuple[tuple[float, float], ...] = ()
    """Low and high for each point, or none at all."""
    marked: bool = True
    """Whether each point has a marker; without, the line is dashed in its own way."""


@dataclass(frozen=True)
class Chart:
    """What to draw, and how to say it to those who do not see it.

    A series may stay away (None), so that the others keep the colours and markers of their places.
    """

    title: str
    description: str
    x_label: str
    y_label: str
    series: tuple[Series | None, ...]
    y_range: tuple[float, float] | None = None
    x_to: float = 0.0
    """The axis reaches at least this far."""
    x_from: float = 0.0
    """The axis begins here or before."""
    banded: bool = False
    """Intervals as a shaded band along the line, instead of whiskers."""
    legend: bool = True
    """Whether the names stand above the lines; there is room for about four."""

    @property
    def drawn(self) -> tuple[tuple[int, Series], ...]:
        """The series that are there, each with its place."""
        return tuple((n, s) for n, s in enumerate(self.series) if s is not None)

    def lowest(self) -> float:
        """The lowest value or end of an interval."""
        lows = [low for _, s in self.drawn for low, _ in s.intervals]
        return min([*lows, *(y for _, s in self.drawn for _, y in s.points)])


def draw(chart: Chart, name: str) -> Markup:
    """`chart` as an ``<svg>`` element; `name` is an id of its own in the page."""
    xs = [x for _, s in chart.drawn for x, _ in s.points]
    ys = [y for _, s in chart.drawn for _, y in s.points]
    ys += [y for _, s in chart.drawn for interval in s.intervals for y in interval]
    x_ticks = ticks(chart.x_from, max(chart.x_to, *xs))
    y_ticks = ticks(*(chart.y_range or (min(0.0, *ys), max(ys))))
    frame = _Frame(x_ticks[0], x_ticks[-1], y_ticks[0], y_ticks[-1])
    parts = [
        Markup(
            '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d">'
            '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>'
        ).format(WIDTH, HEIGHT, name, name, name, chart.title, name, chart.description),
        *(_y_tick(frame, tick, y_ticks) for tick in y_ticks),
        *(_x_tick(frame, tick, x_ticks) for tick in x_ticks),
        Markup('<text class="label" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, chart.x_label
        ),
        Markup(
            '<text class="label" transform="translate(14 {}) rotate(-90)" text-anchor="middle">'
            "{}</text>"
        ).format((TOP + HEIGHT - BOTTOM) / 2, chart.y_label),
    ]
    if chart.banded:  # all bands first: none may lie on another's line
        parts += [_band(frame, series, number) for number, series in chart.drawn]
    for place, (number, series) in enumerate(chart.drawn):
        parts.append(_line(frame, series, number, whiskers=not chart.banded))
        if chart.legend:
            parts.append(_legend(series, number, [s for _, s in chart.drawn[:place]]))
    return Markup("").join([*parts, Markup("</svg>")])


@dataclass(frozen=True)
class _Frame:
    """From data to pixels."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        share = (value - self.x_low) / (self.x_high - self.x_low)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        share = (value - self.y_low) / (self.y_high - self.y_low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers, four to eight of them, from at most `low` to at least `high`."""
    if high - low < 1e-12:
        high = low + 1.0
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def tick_said(value: float, ticks: Sequence[float]) -> str:
    """`value` with the decimals that tell `ticks` apart."""
    decimals = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    return f"{value:.{decimals}f}"


def _y_tick(frame: _Frame, tick: float, ticks: Sequence[float]) -> Markup:
    y = frame.y(tick)
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>'
    ).format(LEFT, WIDTH - RIGHT, y, y, LEFT - 8, y + 4, tick_said(tick, ticks))


def _x_tick(frame: _Frame, tick: float, ticks: Sequence[float]) -> Markup:
    x = frame.x(tick)
    bottom = HEIGHT - BOTTOM
    return Markup(
        '<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>'
    ).format(x, x, bottom, bottom + 5, x, bottom + 20, tick_said(tick, ticks))


def _band(frame: _Frame, series: Series, number: int) -> Markup:
    if not series.intervals:
        return Markup("")
    along = [frame.x(x) for x, _ in series.points]
    lows = [f"{x},{frame.y(low)}" for x, (low, _) in zip(along, series.intervals, strict=True)]
    highs = [f"{x},{frame.y(high)}" for x, (_, high) in zip(along, series.intervals, strict=True)]
    return Markup('<polygon class="band s{} n{}" points="{}"/>').format(
        number % COLOURS, number, " ".join([*lows, *reversed(highs)])
    )


def _line(frame: _Frame, series: Series, number: int, *, whiskers: bool) -> Markup:
    at = [(frame.x(x), frame.y(y)) for x, y in series.points]
    path = " ".join(f"{x},{y}" for x, y in at)
    parts = [
        Markup('<g class="n{}"><polyline class="line s{}{}" points="{}"/>').format(
            number, number % COLOURS, _dash(series, number), path
        )
    ]
    for (x, _), (low, high) in zip(at, series.intervals if whiskers else (), strict=False):
        parts.append(
            Markup('<line class="whisker s{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                number % COLOURS, x, x, frame.y(low), frame.y(high)
            )
        )
    if series.marked:
        for (x, y), (x_value, y_value) in zip(at, series.points, strict=True):
            said = f"{series.name}: {y_value:.3f} at {x_value:g}"
            parts.append(marker(x, y, number, said))
    return Markup("").join([*parts, Markup("</g>")])


def _dash(series: Series, number: int) -> str:
    """The class of the dashes: of lines without markers, and of colours that come again."""
    if series.marked:
        return f" dash{number // COLOURS}" if number >= COLOURS else ""
    return f" dash{number}"


def swatch(name: str, number: int) -> Markup:
    """A piece of the marked line of place `number`, for a legend outside of the chart."""
    return Markup(
        '<svg class="swatch" viewBox="0 0 36 16" width="36" height="16" aria-hidden="true">{}</svg>'
    ).format(_sample(Series(name, ()), number, 6, 8))


def _sample(series: Series, number: int, x: float, y: float) -> Markup:
    line = Markup('<polyline class="line s{}{}" points="{},{} {},{}"/>').format(
        number % COLOURS, _dash(series, number), x, y, x + 24, y
    )
    return line + (marker(x + 12, y, number, series.name) if series.marked else Markup(""))


def _legend(series: Series, number: int, before: Sequence[Series]) -> Markup:
    x = LEFT + 8 + sum(len(s.name) for s in before) * 7.2 + len(before) * 44
    return _sample(series, number, x, 20) + Markup(
        '<text class="tick" x="{}" y="{}">{}</text>'
    ).format(x + 30, 24, series.name)


def marker(x: float, y: float, number: int, said: str) -> Markup:
    """A shape of its own for each series, so that colour is never the only difference."""
    shapes = (
        f"M{x - 5},{y}a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z",  # circle
        f"M{x - 4.5},{y - 4.5}h9v9h-9z",  # square
        f"M{x},{y - 6}l6,10h-12z",  # triangle
        f"M{x},{y - 6.5}l6,6.5l-6,6.5l-6,-6.5z",  # diamond
        f"M{x},{y + 6}l6,-10h-12z",  # triangle that points down
        f"M{x - 2},{y - 6}h4v4h4v4h-4v4h-4v-4h-4v-4h4z",  # plus
        f"M{x - 6},{y}l10,-6v12z",  # triangle that points left
        f"M{x + 6},{y}l-10,-6v12z",  # triangle that points right
    )
    return Markup('<path class="marker s{}" d="{}"><title>{}</title></path>').format(
        number % COLOURS, shapes[number % len(shapes)], escape(said)
    )
