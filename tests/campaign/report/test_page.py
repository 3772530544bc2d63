from __future__ import annotations

import itertools
import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign.report import write_report
from cryoal.config import to_toml
from cryoal.errors import FileFormatError

from .page_reader import Element, read_page, table
from .samples import measured, write_cycle, write_model, write_predictions

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign

ICE = "<b>ice & more</b>"


def _write(campaign: Campaign) -> tuple[str, Element]:
    path = campaign.path.parent / "report.html"
    write_report(campaign, path)
    text = path.read_text(encoding="utf-8")
    return text, read_page(text)


@pytest.fixture
def full(campaign: Campaign) -> Campaign:
    """Two queries of six, a test set, a newer model; one abstention, dispute and open box each."""
    keys = campaign.pool.keys.tolist()
    campaign.reserve(dict.fromkeys(keys[40:], "ring"), "truth.csv")
    write_cycle(campaign, 0, [(key, None) for key in keys[:6]])
    first = ["ring", "rod", ICE, "ring", "rod", ICE]
    campaign.record("anna", list(zip(keys[:6], first, strict=True)))
    second = [(key, "ring") for key in keys[6:12]]
    test = measured(campaign, hits=13)
    write_cycle(campaign, 1, second, n_labelled=6, test=test, torch="2.12.0")
    answers = ["ring", "ring", "rod", None, "rod"]
    campaign.record("anna", list(zip(keys[6:11], answers, strict=True)))
    campaign.record("ben", [(keys[10], ICE), (keys[20], "ring")])
    write_model(campaign, 2, n_labelled=10, test=measured(campaign, hits=17))
    return campaign


def _section(page: Element, name: str) -> Element:
    return next(s for s in page.every("section") if s.attributes.get("id") == name)


def test_the_page_begins_with_the_classes_what_to_do_and_the_audit(full: Campaign) -> None:
    _, page = _write(full)
    order = [section.attributes["id"] for section in page.every("section")]
    assert order[:5] == ["looks", "next", "audit", "map", "curve"]
    assert _section(page, "next").text.startswith("What to do next cryoal review")
    folds = [fold for fold in page.every("details") if list(fold.every("figure"))]
    assert [next(iter(fold.every("summary"))).text for fold in folds] == [
        "The pair and its training curves"
    ]
    drawn = {svg.attributes["aria-labelledby"] for svg in folds[0].every("svg")}
    assert drawn == {"loss-t loss-d", "transfer-t transfer-d"}
    assert "open" not in folds[0].attributes


def test_each_class_is_seen_where_it_is_surest_and_where_it_is_not(campaign: Campaign) -> None:
    keys = campaign.pool.keys.tolist()
    called = {key: "ring" if row < 30 else "rod" for row, key in enumerate(keys)}
    p = {key: 0.4 + 0.01 * row for row, key in enumerate(keys)}
    write_predictions(campaign, called, p)
    campaign.record("anna", [(keys[29], "rod")])
    _, page = _write(campaign)
    looks = _section(page, "looks")
    figures = list(looks.every("figure"))
    means = [figure for figure in figures if figure.attributes["class"] == "mean"]
    strips = [figure for figure in figures if figure.attributes["class"] == "strip"]
    assert [mean.text.split(",")[0] for mean in means] == ["Mean of 29 boxes", "Mean of 25 boxes"]
    assert [strip.text.split(" 0.")[0] for strip in strips] == [
        "Surest, 10 of 29",
        "Least sure, 10 of 29",
        "Surest, 10 of 24",
        "Least sure, 10 of 24",
    ]
    titles = [[image.attributes["title"] for image in strip.every("img")] for strip in strips]
    assert titles[0] == keys[28:18:-1]  # the expert's is not among them
    assert titles[1] == keys[:10]
    assert "29 boxes by the classifier, 0 by experts" in looks.text
    assert f"No box to show of: {ICE}." in looks.text


def test_page_is_html_that_needs_nothing_but_itself(full: Campaign) -> None:
    text, page = _write(full)
    assert not re.search(r"https?:", text)
    assert "<script" not in text
    assert "@import" not in text
    assert "url(" not in text
    for element in page.elements():
        if "src" in element.attributes:
            assert element.attributes["src"].startswith("data:image/png;base64,")
        if "href" in element.attributes:
            assert element.attributes["href"].startswith("#")


def test_page_can_be_read_aloud(full: Campaign) -> None:
    _, page = _write(full)
    assert next(page.every("html")).attributes["lang"] == "en"
    assert [h.text for h in page.every("h1")] == ["my campaign"]
    levels = [int(e.tag[1]) for e in page.elements() if re.fullmatch("h[1-6]", e.tag)]
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    assert all(image.attributes["alt"] for image in page.every("img"))
    assert all(list(found.every("caption")) for found in page.every("table"))
    for chart in page.every("svg"):
        names = chart.attributes["aria-labelledby"].split()
        said = {e.attributes.get("id"): e.text for e in chart.elements()}
        assert all(said[name] for name in names)


def test_ids_are_unique_and_links_lead_to_them(full: Campaign) -> None:
    _, page = _write(full)
    ids = [e.attributes["id"] for e in page.elements() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    links = {e.attributes["href"][1:] for e in page.every("a")}
    assert links <= set(ids)


def test_numbers_are_those_of_the_newest_measurement(full: Campaign) -> None:
    _, page = _write(full)
    assert table(page, "The classifier after 10 labels on the test set")[1:] == [
        ["ring", "0.123", "0.456", "0.789", "11"],
        ["rod", "0.234", "0.567", "0.891", "12"],
        [ICE, "0.345", "0.678", "0.912", "13"],
    ]
    assert table(page, "Confusion matrix of the test set")[2:] == [
        ["ring", "9 90 %", "1 10 %", "0 0 %"],
        ["rod", "2 18 %", "8 73 %", "1 9 %"],
        [ICE, "0 –", "0 –", "0 –"],
    ]


def test_curve_has_a_point_for_each_measured_pair(full: Campaign) -> None:
    _, page = _write(full)
    said = [e.text for e in page.every("desc")]
    assert said[0] == (
        "6 labels: accuracy 0.650, macro-F1 0.600; 10 labels: accuracy 0.850, macro-F1 0.800"
    )
    rows = table(page, "The numbers of the figures above")[1:]
    assert rows == [
        ["cycle 0", "0", "random", "54", "30", "6", "–", "–", "–"],
        ["cycle 1", "6", "entropy", "54", "30", "6", "2 of 3", "0.650", "0.600"],
        ["now", "10", "–", "–", "–", "–", "–", "0.850", "0.800"],
    ]


def test_model_of_the_last_cycle_is_not_counted_twice(full: Campaign) -> None:
    write_model(full, 1, n_labelled=6, test=measured(full, hits=13))
    _, page = _write(full)
    assert [row[0] for row in table(page, "The numbers")[1:]] == ["cycle 0", "cycle 1"]


def test_labels_are_counted_by_query_and_class(full: Campaign) -> None:
    _, page = _write(full)
    # cycle 1: ring ring rod, one abstention, one dispute, one open; ben's extra ring had no query
    assert table(page, "Answers as they stand now")[1:] == [
        ["cycle 0", "6", "2", "2", "2", "0", "0", "0"],
        ["cycle 1", "6", "2", "1", "0", "1", "1", "1"],
        ["without a query", "", "1", "0", "0", "0", "0", ""],
        ["all", "", "5", "3", "2", "1", "1", ""],
    ]


def test_each_card_says_what_was_suggested_and_what_the_expert_said(full: Campaign) -> None:
    _, page = _write(full)
    cards = [e for e in page.every("li") if "card" in e.attributes.get("class", "").split()]
    keys = full.pool.keys.tolist()
    assert len(cards) == 12
    assert cards[0].text == f"{keys[0]} expert ring"
    assert [card.text for card in cards[6:]] == [
        f"{keys[6]} suggested ring (0.75) expert ✓ ring score 0.5",
        f"{keys[7]} suggested ring (0.75) expert ✓ ring score 1.5",
        f"{keys[8]} suggested ring (0.75) expert ✗ rod score 2.5",
        f"{keys[9]} suggested ring (0.75) expert ? cannot say score 3.5",
        f"{keys[10]} suggested ring (0.75) expert ≠ anna: rod, ben: {ICE} score 4.5",
        f"{keys[11]} suggested ring (0.75) expert not answered yet score 5.5",
    ]


def test_disputed_boxes_are_listed_with_the_votes(full: Campaign) -> None:
    _, page = _write(full)
    key = full.pool.keys[10]
    assert table(page, "Annotators disagree")[1:] == [[key, f"anna: rod, ben: {ICE}", ""]]


def test_class_name_is_never_markup(full: Campaign) -> None:
    text, page = _write(full)
    assert not list(page.every("b"))
    assert "<b>ice" not in text
    assert "&lt;b&gt;ice &amp; more&lt;/b&gt;" in text


def test_every_setting_is_there(full: Campaign) -> None:
    _, page = _write(full)
    rows = dict(table(page, "Every setting")[1:])  # type: ignore[arg-type]
    assert rows["classes"] == f"ring, rod, {ICE}"
    assert rows["train.transfer_weight"] == "100.0"
    assert rows["augment.mirror"] == "true"
    assert rows["train.decay_at"] == "0.8"
    tree = tomllib.loads(to_toml(full.config))
    assert len(rows) == sum(len(v) if isinstance(v, dict) else 1 for v in tree.values())


def test_environment_names_the_cycles_where_it_changed(full: Campaign) -> None:
    _, page = _write(full)
    rows = dict(table(page, "What the cycles ran on")[1:])  # type: ignore[arg-type]
    assert rows["python"] == "3.11.2"
    assert rows["torch"] == "2.13.0 (cycle 0, now); 2.12.0 (cycle 1)"
    assert "triton" not in rows


def test_times_are_there_for_each_stage(full: Campaign) -> None:
    _, page = _write(full)
    assert table(page, "Seconds") == [
        ["stage", "score", "train"],
        ["cycle 0", "0.12", "–"],
        ["cycle 1", "1.50", "12.25"],
        ["now", "1.50", "12.25"],
    ]


def test_long_query_shows_48_boxes_and_says_how_many_are_left_out(campaign: Campaign) -> None:
    write_cycle(campaign, 0, [(key, None) for key in campaign.pool.keys])
    _, page = _write(campaign)
    assert len(list(page.every("img"))) == 48
    assert "The first 48 are shown; 6 more are left out of this page." in page.text


def test_without_a_test_set_the_suggestions_are_compared_instead(campaign: Campaign) -> None:
    keys = campaign.pool.keys.tolist()
    write_cycle(campaign, 0, [(keys[0], "ring"), (keys[1], "rod"), (keys[2], "rod")], n_labelled=4)
    campaign.record("anna", [(keys[0], "ring"), (keys[1], "rod"), (keys[2], "ring")])
    _, page = _write(campaign)
    assert "There is no test set" in page.text
    assert "2 of 3 suggestions were the expert's answer" in page.text
    assert table(page, "Suggestions against answers")[2:] == [
        ["ring", "1 50 %", "1 50 %", "0 0 %"],
        ["rod", "0 0 %", "1 100 %", "0 0 %"],
        [ICE, "0 –", "0 –", "0 –"],
    ]


def test_campaign_without_boxes_says_so(empty: Campaign) -> None:
    _, page = _write(empty)
    assert "Nothing has been added to this campaign yet." in page.text
    for line in (
        "No cycle has been run yet",
        "Nobody has labelled",
        "No pair of networks has been trained",
    ):
        assert line in page.text


def test_campaign_without_labels_says_so(campaign: Campaign) -> None:
    _, page = _write(campaign)
    assert "54 candidates from 2 tomograms; no labels yet." in page.text
    assert "No box has a class yet" in _section(page, "looks").text
    assert "No box has been asked for yet" in page.text
    assert [row[0] for row in table(page, "What the boxes were cut from")[1:]] == ["TS_01", "TS_02"]


def test_first_query_without_answers_says_so(campaign: Campaign) -> None:
    write_cycle(campaign, 0, [(key, None) for key in campaign.pool.keys[:4]])
    _, page = _write(campaign)
    assert "No suggestion can be compared with an answer yet" in page.text
    assert "drawn at random" in page.text
    assert table(page, "Answers as they stand now")[1][-1] == "4"


def test_damaged_report_is_refused_and_leaves_no_page(full: Campaign, tmp_path: Path) -> None:
    (full.path / "cycle_001" / "report.json").write_text('{"cycle": 1}')
    with pytest.raises(FileFormatError, match=r"expected a report in .*cycle_001"):
        write_report(full, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()
