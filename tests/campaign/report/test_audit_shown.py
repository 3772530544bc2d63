"""The report's section about the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.campaign.assess import assess
from cryoal.campaign.audit_draw import draw_audit, give_audit
from cryoal.campaign.report import write_report

from .page_reader import Element, read_page, table
from .samples import write_predictions

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign


def page_of(campaign: Campaign) -> Element:
    path = campaign.path.parent / "report.html"
    write_report(campaign, path, force=True)
    return read_page(path.read_text(encoding="utf-8"))


def section(campaign: Campaign) -> str:
    page = page_of(campaign)
    (found,) = (e for e in page.every("section") if e.attributes.get("id") == "audit")
    return " ".join(found.text.split())


@pytest.fixture
def audited(campaign: Campaign) -> Campaign:
    """12 labels; two draws, 20 and 10, all answered; a third of the first class is called wrong."""
    keys = campaign.pool.keys.tolist()
    classes = campaign.config.classes
    truth = {key: classes[i % 3] for i, key in enumerate(keys)}
    campaign.record("anna", [(key, truth[key]) for key in keys[:12]])
    for n in (20, 10):
        draw = draw_audit(campaign, n)
        campaign.record("anna", [(key, truth[key]) for key in draw.keys], is_audit=True)
    called = truth | dict.fromkeys(keys[::9], classes[1])  # a third of the first class
    write_predictions(campaign, called)
    return campaign


def test_accuracy_classes_thresholds_and_growth_are_told(audited: Campaign) -> None:
    found = assess(audited)
    assert found is not None
    assert found.estimates is not None
    told = found.estimates
    page = page_of(audited)
    rows = table(page, "Values and 95 % intervals")[1:]
    assert [row[0] for row in rows] == list(audited.config.classes)
    ring = told.classes[0]
    assert ring.recall.value is not None
    assert rows[0][1] == str(ring.out)
    assert rows[0][3] == (
        f"{100 * ring.recall.value:.1f} % "
        f"({100 * ring.recall.low:.1f} to {100 * ring.recall.high:.1f})"
    )
    assert rows[0][5] == f"{ring.precision.n}, {ring.recall.n}, 30"
    by_t = {row[0]: row for row in table(page, "From each probability on")[1:]}
    assert by_t["0.9"][1] == "54"
    assert by_t["0.99"][1:3] == ["42", "100.0 % (100.0 to 100.0)"]  # labels and audit alone
    grown = table(page, "How it grew")[1:]
    assert [(row[0], row[2], row[3], row[4]) for row in grown] == [
        ("1", "uniform", "20", "20"),
        ("2", "uniform", "10", "30"),
    ]
    assert told.accuracy.value is not None
    assert grown[1][5].startswith(f"{100 * told.accuracy.value:.1f} %")
    said = " ".join(e.text for e in page.every("desc"))
    assert f"ring: precision {ring.precision.value:.3g}" in said
    assert f"ring: count {ring.count.value:.3g}" in said


def test_without_an_audit_the_report_says_how_to_get_one(campaign: Campaign) -> None:
    said = section(campaign)
    assert "cryoal audit DIR -n 60" in said
    assert "Accuracy" not in said


def test_an_audit_that_says_nothing_yet_or_any_more_says_why(audited: Campaign) -> None:
    (audited.path / "predictions.csv").unlink()
    assert "What it says is unknown: the pool has not been classified" in section(audited)
    give_audit(audited)
    said = section(audited)
    assert "The audit was given to training and says nothing any more: draw another." in said
    assert said.count("given to training") == 1
    assert "Accuracy" not in said


def test_labels_that_came_since_are_said(audited: Campaign) -> None:
    assert "came since that classification" not in section(audited)
    labelled = audited.standing().labelled
    free = next(key for key in audited.pool.keys.tolist() if key not in labelled)
    audited.record("anna", [(free, "rod")])
    assert "came since that classification" in section(audited)


def test_the_share_of_right_suggestions_is_called_no_accuracy(audited: Campaign) -> None:
    text = " ".join(page_of(audited).text.split())
    assert "lower than the accuracy" not in text
    assert "asked because they are hard" not in text


def test_a_class_without_a_label_is_said_beside_the_labels(campaign: Campaign) -> None:
    keys = campaign.pool.keys.tolist()
    campaign.record("anna", [(keys[0], "ring"), (keys[1], "rod")])
    assert "No label yet: <b>ice & more</b>; its boxes get other classes" in page_of(campaign).text


def test_the_audit_has_a_row_of_its_own_among_the_answers(audited: Campaign) -> None:
    draw_audit(audited, 3)
    rows = {row[0]: row for row in table(page_of(audited), "Answers as they stand now")[1:]}
    assert list(rows) == ["without a query", "audit, not trained on", "all"]
    assert [int(n) for n in rows["without a query"][2:5]] == [4, 4, 4]
    row = rows["audit, not trained on"]
    assert row[1] == "33"
    assert sum(int(n) for n in row[2:5]) == 30
    assert row[-1] == "3"  # not answered yet
    assert sum(int(n) for n in rows["all"][2:5]) == 42
