from __future__ import annotations

import re

import pytest

from cryoal.campaign.report.figures import Chart, Series, draw

from .page_reader import Element, read_page


def _drawn(*series: Series, y_range: tuple[float, float] | None = None) -> Element:
    chart = Chart("A title", "in words", "labels", "share", series, y_range)
    return read_page(draw(chart, "id"))


def _points(line: Element) -> list[tuple[float, float]]:
    pairs = (pair.split(",") for pair in line.attributes["points"].split())
    return [(float(x), float(y)) for x, y in pairs]


def test_points_are_in_proportion_and_up_is_more() -> None:
    line = next(
        _drawn(Series("s", ((0, 0.0), (50, 0.25), (100, 1.0))), y_range=(0, 1)).every("polyline")
    )
    (x0, y0), (x1, y1), (x2, y2) = _points(line)
    assert (x1 - x0) / (x2 - x0) == pytest.approx(0.5, abs=0.01)
    assert (y0 - y1) / (y0 - y2) == pytest.approx(0.25, abs=0.01)
    assert y2 < y0


def test_each_series_has_a_marker_shape_and_a_dash_of_its_own() -> None:
    points = ((1.0, 0.5), (2.0, 0.6))
    marked = _drawn(*(Series(name, points) for name in "abcd"))
    shapes = {re.sub(r"^M[\d.]+,[\d.]+", "", p.attributes["d"]) for p in marked.every("path")}
    assert len(shapes) == 4
    plain = _drawn(*(Series(name, points, marked=False) for name in "abc"))
    dashes = {tuple(e.attributes["class"].split()[2:]) for e in plain.every("polyline")}
    assert len(dashes) == 3


@pytest.mark.parametrize("points", [((30.0, 0.9),), ((30.0, 0.9), (30.0, 0.9)), ((0.0, 0.0),)])
def test_single_point_is_drawn_inside_the_frame(points: tuple[tuple[float, float], ...]) -> None:
    for x, y in _points(next(_drawn(Series("s", points)).every("polyline"))):
        assert 0 <= x <= 520
        assert 0 <= y <= 330


def test_names_are_escaped() -> None:
    drawn = _drawn(Series("<b>", ((1.0, 1.0),)))
    assert not list(drawn.every("b"))
    assert "<b>" in drawn.text


def test_ticks_are_round_numbers() -> None:
    ticks = [t.text for t in _drawn(Series("s", ((90.0, 0.97),)), y_range=(0.3, 1.0)).every("text")]
    assert {"0", "20", "40", "60", "80", "100"} <= set(ticks)
    assert {"0.2", "0.4", "0.6", "0.8", "1.0"} <= set(ticks)


def test_fifteen_series_are_told_apart_without_words() -> None:
    page = _drawn(*(Series(str(n), ((1.0, 0.5), (2.0, 0.6))) for n in range(15)))
    assert len({(m.attributes["class"], _shape(m)) for m in page.every("path")}) == 15


def _shape(marker: Element) -> str:
    """The drawing commands, without the place they begin at."""
    return re.sub(r"^M[-\d.]+,[-\d.]+", "", marker.attributes["d"])


def test_a_series_that_stays_away_leaves_the_others_their_looks() -> None:
    points = ((1.0, 0.5), (2.0, 0.6))
    both = Chart("t", "d", "x", "y", (Series("a", points), Series("b", points)))
    only = Chart("t", "d", "x", "y", (None, Series("b", points)))
    b = [read_page(draw(c, "id")).every("g") for c in (both, only)]
    assert list(b[0])[1] == next(iter(b[1]))


def test_band_goes_along_the_lows_and_back_along_the_highs() -> None:
    series = Series("s", ((0.0, 0.5), (10.0, 0.5)), ((0.25, 0.75), (0.0, 1.0)))
    chart = Chart("t", "d", "x", "y", (series,), (0, 1), banded=True, legend=False)
    page = read_page(draw(chart, "id"))
    corners = _points(next(page.every("polygon")))
    (left, y), (right, _) = _points(next(page.every("polyline")))
    assert [x for x, _ in corners] == [left, right, right, left]
    up = [y - corner for _, corner in corners]
    assert up == pytest.approx([up[2] * -0.5, -up[2], up[2], up[2] * 0.5], abs=0.2)
    assert not [e for e in page.every("line") if e.attributes["class"].startswith("whisker")]
    assert "s" not in [t.text for t in page.every("text")]  # no legend
