from __future__ import annotations

import itertools
import re
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

from cryoal.study.arrange import arrange, ranked
from cryoal.study.figures import CURVES, heat_map, write_figures
from cryoal.study.report import write_report
from cryoal.study.statistics import penalty_matrix
from tests.campaign.report.page_reader import Element, read_page, table

from .samples import campaign_rows, row

if TYPE_CHECKING:
    from pathlib import Path

STRATEGIES = [
    *("random", "knowledge-transfer", "entropy", "margin", "least-confidence", "mc-dropout"),
    *("bald", "committee", "core-set", "vaal", "ll4al", "sraal", "badge", "typiclust", "uherding"),
]


@pytest.fixture
def no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)


def _write(folder: Path, rows: list[dict[str, Any]], **others: Any) -> Element:
    write_report(rows, folder, title="A comparison", **others)
    return read_page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("no_matplotlib")
def test_page_names_every_strategy_and_needs_nothing_but_itself(tmp_path: Path) -> None:
    page = _write(tmp_path, campaign_rows(STRATEGIES, 3, 8, n_classes=10), notes=["Made <up>."])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|<script|@import|url\(", text)
    for element in page.elements():
        if "href" in element.attributes:
            assert element.attributes["href"].startswith("#")
    legend = next(e for e in page.every("ul") if e.attributes.get("class") == "legend")
    named = [item.text.strip() for item in legend.every("span")]  # behind the sample of the line
    assert sorted(named) == sorted(STRATEGIES)
    assert "Made <up>." in page.text
    assert "<b>ice & more</b>" in page.text
    assert "pip install" in page.text  # matplotlib is missing
    assert not (tmp_path / "figures").exists()
    first = [line[0] for line in table(page, "Area under")[1:]]
    assert sorted(first) == sorted(STRATEGIES)


@pytest.mark.usefixtures("no_matplotlib")
def test_page_can_be_read_aloud(tmp_path: Path) -> None:
    page = _write(tmp_path, campaign_rows(STRATEGIES[:7], 3, 3))
    assert next(page.every("html")).attributes["lang"] == "en"
    levels = [int(e.tag[1]) for e in page.elements() if re.fullmatch("h[1-6]", e.tag)]
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    assert all(list(found.every("caption")) for found in page.every("table"))
    charts = [e for e in page.every("svg") if e.attributes["class"].startswith("chart")]
    assert all(next(chart.every("desc")).text for chart in charts)
    ids = [e.attributes["id"] for e in page.elements() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    links = [e.attributes["href"][1:] for e in page.every("a")]
    assert set(links) <= set(ids)


@pytest.mark.usefixtures("no_matplotlib")
def test_every_strategy_has_a_line_in_every_chart(tmp_path: Path) -> None:
    page = _write(tmp_path, campaign_rows(STRATEGIES[:4], 3, 4))
    curves = next(e for e in page.every("div") if e.attributes.get("class") == "curves")
    for chart in curves.every("svg"):
        assert len(list(chart.every("polyline"))) == 4
        assert len(list(chart.every("polygon"))) == 4  # bands: they are few enough
        assert len(list(chart.every("path"))) == 4 * 4


@pytest.mark.usefixtures("no_matplotlib")
def test_one_seed_is_said_to_be_one_and_has_no_interval(tmp_path: Path) -> None:
    page = _write(tmp_path, campaign_rows(STRATEGIES[:3], 1, 3))
    assert "There is one seed." in page.text
    assert "±" not in page.text
    assert not list(page.every("polygon"))
    assert "Who beats whom" not in page.text
    assert "95 % interval" not in page.text


@pytest.mark.usefixtures("no_matplotlib")
def test_cells_that_were_not_run_are_named(tmp_path: Path) -> None:
    rows = [
        r
        for r in campaign_rows(["random", "entropy", "badge"], 3, 3)
        if (r["strategy"], r["seed"]) != ("entropy", 2)
        and (r["strategy"] != "badge" or r["seed"] != 1 or r["cycle"] < 3)
    ]
    page = _write(tmp_path, rows, strategies=["random", "gradient-norm"], seeds=[0, 1, 2])
    said = [item.text for item in page.every("li")]
    assert "entropy: seed 2 not run" in said
    assert "badge: seed 1 has 2 of 3 cycles" in said
    assert "gradient-norm: not run at all" in said
    assert not any(s.startswith("random:") for s in said)
    assert "entropy (n = 2)" in [line[0] for line in table(page, "Accuracy on the test set")]


@pytest.mark.usefixtures("no_matplotlib")
def test_without_a_row_the_page_says_so(tmp_path: Path) -> None:
    page = _write(tmp_path, [], strategies=["random"], seeds=[0])
    assert "No cycle of this comparison has been run yet." in page.text
    assert "random: not run at all" in page.text
    assert "Nothing has been run, and nothing is planned." in _write(tmp_path / "b", []).text


@pytest.mark.usefixtures("no_matplotlib")
def test_single_cycle_and_single_strategy_make_a_page(tmp_path: Path) -> None:
    page = _write(tmp_path, [row("entropy", 0, 1, 0.5)])
    assert "1 strategy on 1 seed, 1 budget of 100 labels" in page.text
    assert "largest area" not in page.text


@pytest.mark.usefixtures("no_matplotlib")
def test_page_says_which_differences_hold_and_gives_the_leader_no_interval(tmp_path: Path) -> None:
    rows = []
    for seed in range(4):
        for cycle in (1, 2):
            level = 0.3 + 0.1 * seed
            far, near = 0.05 + 0.001 * seed, 0.051 * (-1) ** seed
            rows += [row("random", seed, cycle, level), row("a", seed, cycle, level + far),
                     row("b", seed, cycle, level + near)]  # fmt: skip
    said = _write(tmp_path / "one", rows).text
    assert "a has the largest mean area under the accuracy curve, 50.15 %." in said
    assert "Corrected for 2 comparisons, these differences hold: above random: a." in said
    assert "95 % interval +" not in said
    equal = [r for r in rows if r["strategy"] != "a"]
    said = _write(tmp_path / "two", equal).text
    # differences 5.1, -5.1, 5.1, -5.1: deviation 5.889, 3.182 * 5.889 / 2 = 9.4
    assert (
        "Corrected for one comparison, no difference from random holds: on 4 seeds one must be"
        " 3.2 times its standard error, here 9.4 points (median)."
    ) in said


@pytest.mark.usefixtures("no_matplotlib")
def test_what_trains_another_teacher_is_marked_wherever_it_is_named(tmp_path: Path) -> None:
    rows = campaign_rows(["random", "bald", "margin"], 3, 3)
    another = {"bald": "dropout of 0.5 before its last layer", "never-run": "settings"}
    page = _write(tmp_path, rows, another=another)
    assert (
        "† trains another teacher than the rest on the same labels:"
        " bald (dropout of 0.5 before its last layer)."
    ) in page.text
    names = [line[0] for line in table(page, "Accuracy on the test set")[1:]]
    assert sorted(names) == ["bald †", "margin", "random"]
    legend = next(e for e in page.every("ul") if e.attributes.get("class") == "legend")
    assert sorted(i.text.strip() for i in legend.every("span")) == ["bald †", "margin", "random"]
    told = (tmp_path / "tables" / "summary.csv").read_text().splitlines()
    assert told[0].endswith("trains another teacher")
    assert sum(line.endswith("before its last layer") for line in told) == 1
    assert "†" not in _write(tmp_path / "b", rows).text


def test_heat_map_has_a_square_for_each_pair_and_mean() -> None:
    results = {
        n: {s: {1: v + s * by} for s in range(3)} for n, v, by in (("a", 0.1, 0.01), ("b", 0.5, 0))
    }
    matrix = penalty_matrix(results)
    page = read_page(heat_map(matrix, "id"))
    shades = [float(r.attributes["fill-opacity"]) for r in page.every("rect")]
    assert sorted(shades) == [0.0] * 3 + [0.85] * 3
    framed = [r for r in page.every("rect") if r.attributes["class"] == "heat-cell holds"]
    assert [r.text for r in framed] == ["b beats a, also after correction"]
    assert next(page.every("desc")).text == (
        "a beats others at 0%, is beaten at 100%; b beats others at 100%, is beaten at 0%"
    )


def test_figures_are_written_as_png_and_svg_the_same_every_time(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = campaign_rows(["random", "entropy"], 3, 3)
    for name in ("one", "two"):
        page = _write(tmp_path / name, rows)
    figures = sorted(path.name for path in (tmp_path / "one" / "figures").iterdir())
    stems = ("accuracy", "macro_f1", "penalty_matrix", "worst_recall")
    assert figures == sorted(f"{stem}.{ending}" for stem in stems for ending in ("png", "svg"))
    assert all(name in page.text for name in figures)
    for name in figures:
        made = [(tmp_path / folder / "figures" / name).read_bytes() for folder in ("one", "two")]
        assert made[0] == made[1], name
    text = (tmp_path / "one" / "figures" / "accuracy.svg").read_text()
    words = {e.text for e in ET.fromstring(text).iter() if e.text}
    assert {"random", "entropy"} <= words


def test_many_strategies_get_a_panel_each(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = campaign_rows(STRATEGIES[:7], 2, 2)
    cells = ranked(arrange(rows, strategies=["never-run"]))
    names = write_figures(cells, tmp_path, curves=CURVES[:1])
    assert names is not None
    assert "accuracy_each.svg" in names
    words = {e.text for e in ET.parse(tmp_path / "accuracy_each.svg").iter() if e.text}
    assert set(STRATEGIES[:7]) <= words
    assert "never-run" not in words
