"""How a campaign comes on is told from what reports keep; the advice gives its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.cycle import select
from cryoal.campaign.kept import kept_report
from cryoal.campaign.predictions import classify, read_predictions
from cryoal.campaign.status import describe
from cryoal.campaign.trend import SETTLED, STILL, Point, Trend, advice
from cryoal.records import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture
def started(campaign: Campaign, truth: dict[str, str]) -> Campaign:
    """Heads decide, no encoder learns; twelve boxes have been asked and answered."""
    file = campaign.path / "campaign.toml"
    text = file.read_text()
    for old, new in (
        ('use = "pair"', 'use = "auto"'),
        ('strategy = "knowledge-transfer"', 'strategy = "margin"'),
        ('method = "vicreg"', 'method = "none"'),
    ):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    campaign = Campaign.open(campaign.path)
    answer(campaign, select(campaign, 8).keys(), truth)
    return campaign


def answer(campaign: Campaign, keys: list[str], truth: Mapping[str, str]) -> None:
    campaign.record("ann", [(key, truth[key]) for key in keys])


def test_the_trend_says_how_many_boxes_changed_class_and_which_suggestions_were_right(
    started: Campaign, truth: dict[str, str]
) -> None:
    assert describe(started).trend == Trend()
    classify(started)
    first = read_predictions(started)
    query = select(started, 8)
    answer(started, query.keys(), truth)
    classify(started)
    second = read_predictions(started)
    trend = describe(started).trend
    assert [point.n_labelled for point in trend.points] == [8, 16]
    one, other = trend.points
    # 36 boxes are all watched; tables have the expert's class, the trend the classifier's
    said = [table.probability.argmax(axis=1) for table in (first, second)]
    assert other.changed == other.since_half == pytest.approx((said[0] != said[1]).mean())
    assert other.half == 8
    assert (one.changed, one.half) == (None, None)
    assert one.asked == 8
    assert one.right == sum(truth[a.key] == a.suggestion for a in query.asked)
    assert second.agreement is not None
    assert other.members == pytest.approx(np.nanmean(second.agreement), abs=1e-3)
    lines = describe(started).lines()
    assert any(line.startswith("trend     of 8, 16 labels; boxes of another") for line in lines)
    assert any(line == f"advice    {trend.reason}" for line in lines)


def test_what_is_asked_again_or_classified_again_is_one_point(
    started: Campaign, truth: dict[str, str]
) -> None:
    classify(started)
    select(started, 4)
    classify(started)
    assert [point.n_labelled for point in describe(started).trend.points] == [8]


def test_a_report_of_before_there_was_a_trend_is_passed_over(
    started: Campaign, truth: dict[str, str]
) -> None:
    answer(started, select(started, 8).keys(), truth)
    classify(started)
    assert len(describe(started).trend.points) == 2
    file = started.path / "cycle_001" / "report.json"
    facts = read_json(file)
    del facts["watched"]
    write_json(file, facts)
    assert [point.n_labelled for point in describe(started).trend.points] == [16]
    file.write_text("{")  # damaged: doctor says so, status is for going on
    assert [point.n_labelled for point in describe(started).trend.points] == [16]


def test_a_pool_that_grew_is_compared_with_nothing_of_before(
    started: Campaign, truth: dict[str, str]
) -> None:
    classify(started)
    report = kept_report(started)
    assert report is not None
    report["watched"]["boxes"] = "of other boxes"
    write_json(started.path / "classifier.json", report)
    answer(started, select(started, 8, again=True).keys(), truth)  # keeps what it finds there
    classify(started)
    last = describe(started).trend.points[-1]
    assert (last.previous, last.changed) == (None, None)
    assert (last.half, last.since_half) == (None, None)
    assert describe(started).trend.may_stop is None


@pytest.mark.parametrize(
    ("last", "may_stop", "words"),
    [
        (Point(100), None, "too early to say: nothing is known of half as many labels as 100"),
        (
            Point(100, previous=90, changed=0.0, half=50, since_half=SETTLED + 0.001),
            False,
            "go on: 8.1 % of the boxes changed class from 50 to 100 labels",
        ),
        (
            Point(100, previous=50, changed=SETTLED, half=50, since_half=SETTLED),
            True,
            "more labels of this kind would change little: 8.0 % of the boxes changed class from "
            "50 to 100 labels; how good the classes are tells an audit",
        ),
        (
            Point(100, previous=80, changed=STILL, half=40, since_half=0.5),
            True,
            "more labels of this kind would change little: 2.0 % of the boxes changed class from "
            "80 to 100 labels; how good the classes are tells an audit",
        ),
        (
            Point(100, previous=81, changed=0.0, half=40, since_half=0.5),
            False,
            "go on: 50.0 % of the boxes changed class from 40 to 100 labels",
        ),
        (
            Point(100, previous=80, changed=STILL + 0.001, half=40, since_half=0.5),
            False,
            "go on: 50.0 % of the boxes changed class from 40 to 100 labels",
        ),
    ],
)
def test_the_advice_goes_by_what_changed_while_the_labels_doubled(
    last: Point, may_stop: bool | None, words: str
) -> None:
    assert advice([Point(50, since_half=0.9), last]) == (may_stop, words)


def test_without_anything_learnt_there_is_no_advice() -> None:
    assert advice([]) == (None, "")
    assert Trend().lines() == []


def test_the_trend_of_two_points_in_words() -> None:
    points = [
        Point(26, members=0.91, asked=26, right=13),
        Point(52, changed=0.125, members=None, audited=40, audit_right=38),
    ]
    assert Trend(points, may_stop=False, reason="go on").lines() == [
        "trend     of 26, 52 labels; boxes of another class than before -, 12.5 %; members that "
        "agree 91.0, - %; suggestions that were right 50.0, - %; audit boxes that were right "
        "-, 95.0 %",
        "advice    go on",
    ]
