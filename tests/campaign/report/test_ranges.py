from __future__ import annotations

import re

from cryoal.campaign.report.ranges import Range, Ranges, draw_ranges

from .page_reader import read_page

CHART = Ranges(
    title="Shares",
    description="what they are",
    x_label="share",
    series=("precision", "recall"),
    groups=(
        ("<ring>", (Range(0.5, 0.25, 0.75), Range(None, 0.0, 1.0))),
        ("rod", (Range(1.0, 0.5, 1.0), Range(0.0, 0.0, 0.5))),
    ),
    x_range=(0.0, 1.0),
)


def test_a_line_goes_from_the_lower_to_the_upper_end() -> None:
    page = read_page(str(draw_ranges(CHART, "x")))
    lines = [e for e in page.every("line") if "whisker" in e.attributes["class"]]
    ends = [(float(e.attributes["x1"]), float(e.attributes["x2"])) for e in lines]
    # 0 is at 20, 1 at 500
    assert ends == [(140, 380), (20, 500), (260, 500), (20, 260)]
    assert len({e.attributes["y1"] for e in lines}) == 4


def test_what_is_unknown_has_a_line_and_no_marker() -> None:
    text = str(draw_ranges(CHART, "x"))
    said = re.findall(r"<path[^>]*><title>([^<]*)</title>", text)
    assert said == [
        "&lt;ring&gt;, precision: 0.5 (0.25 to 0.75)",
        "rod, precision: 1 (0.5 to 1)",
        "rod, recall: 0 (0 to 0.5)",
        "precision",  # the legend
        "recall",
    ]
    assert "<ring>" not in text


def test_counts_reach_as_far_as_their_largest_end() -> None:
    chart = Ranges("t", "d", "boxes", ("count",), (("rod", (Range(80, 60, 130),)),), (0, 130))
    page = read_page(str(draw_ranges(chart, "x")))
    (line,) = (e for e in page.every("line") if "whisker" in e.attributes["class"])
    assert float(line.attributes["x2"]) <= 500
