from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign.audit_draw import draw_audit
from cryoal.campaign.cycle import select
from cryoal.campaign.overview import NONE, overview
from cryoal.campaign.settings_file import add_class
from cryoal.errors import FileFormatError
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from cryoal.campaign import Campaign


def test_before_any_classification_boxes_have_the_classes_of_their_labels(
    campaign: Campaign,
) -> None:
    keys = campaign.pool.keys.tolist()
    campaign.record("ana", [(keys[3], "rod"), (keys[1], None)])
    boxes = overview(campaign)
    assert len(boxes) == len(keys)
    assert boxes.told is None
    assert boxes.shown[3] == boxes.label[3] == boxes.number("rod")
    assert np.flatnonzero(boxes.shown != NONE).tolist() == [3]
    assert np.flatnonzero(boxes.is_answered).tolist() == [1, 3]
    assert boxes.answered_by["ana"].tolist() == [1, 3]
    assert np.isnan(boxes.probability).all()
    assert np.isnan(boxes.doubt).all()


def test_the_expert_is_right_and_the_classifier_stays_known(campaign: Campaign) -> None:
    write_predictions(campaign, [[0.7, 0.2, 0.1], [0.2, 0.2, 0.6], [1 / 3, 1 / 3, 1 / 3]])
    first, second, third = (str(key) for key in campaign.pool.keys[:3])
    campaign.record("ana", [(first, "rod"), (second, None)])
    boxes = overview(campaign)
    assert boxes.predicted[:3].tolist() == [0, 2, 0]
    assert boxes.shown[:3].tolist() == [1, NONE, 0]
    assert boxes.probability[:3] == pytest.approx([0.7, 0.6, 1 / 3])
    entropy = -(0.7 * np.log(0.7) + 0.2 * np.log(0.2) + 0.1 * np.log(0.1)) / np.log(3)
    assert boxes.doubt[0] == pytest.approx(entropy, abs=1e-6)
    assert boxes.doubt[2] == pytest.approx(1.0, abs=1e-6)
    assert boxes.predicted[3] == NONE  # a box that the table does not have
    assert str(third) == boxes.keys[2]


def test_labels_are_followed_without_reading_the_table_again(campaign: Campaign) -> None:
    write_predictions(campaign, [[0.7, 0.2, 0.1]])
    before = overview(campaign)
    campaign.record("ana", [(str(campaign.pool.keys[0]), "background")])
    after = overview(campaign, before)
    assert after.told is before.told
    assert after.shown[0] == after.number("background")
    add_class(campaign.path, "spoke")
    grown = overview(type(campaign).open(campaign.path), after)
    assert grown.told is not None
    assert grown.told.posterior.shape[1] == 4
    assert grown.predicted[0] == 0
    write_predictions(campaign, [[0.1, 0.8, 0.1]])
    assert overview(campaign, after).predicted[0] == 1


def test_test_keys_are_held(campaign: Campaign, truth: dict[str, str]) -> None:
    some = dict(list(truth.items())[:4])
    campaign.reserve(some, "here")
    boxes = overview(campaign)
    assert {str(key) for key in boxes.keys[boxes.is_held]} == set(some)


def test_a_table_that_is_none_is_said(campaign: Campaign) -> None:
    write_predictions(campaign, [[0.7, 0.2, 0.1]])
    path = campaign.path / "predictions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[1][rows[0].index("p_rod")] = "much"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    (campaign.path / "predictions.json").unlink(missing_ok=True)
    with pytest.raises(FileFormatError, match=r"predictions\.csv line 2, found .*'much'") as caught:
        overview(campaign)
    assert str(caught.value).endswith(f"; cryoal classify {campaign.typed} makes it anew")


def test_a_table_that_is_no_text_has_no_line_and_a_remedy(campaign: Campaign) -> None:
    (campaign.path / "predictions.csv").write_bytes(b"key\xff\xfe,class\n")
    with pytest.raises(FileFormatError) as caught:
        overview(campaign)
    said = str(caught.value)
    assert "predictions.csv, found 'utf-8' codec can't decode" in said
    assert said.endswith(f"; cryoal classify {campaign.typed} makes it anew")


def test_what_was_read_is_read_again_when_something_was_written(campaign: Campaign) -> None:
    write_predictions(campaign, [[0.7, 0.2, 0.1]])
    first = overview(campaign)
    assert overview(campaign) is first
    key = str(campaign.pool.keys[0])
    campaign.record("ann", [(key, "ring")])
    second = overview(campaign)
    assert (first.label[0], second.label[0]) == (NONE, campaign.config.classes.index("ring"))
    assert overview(campaign) is second
    draw_audit(campaign, 5)
    third = overview(campaign)
    assert third.is_audit.sum() == 5
    asked = select(campaign, 30, strategy="random", again=True).keys()  # which leave the audit
    assert overview(campaign).is_audit.sum() == 5 - third.is_audit[campaign.pool.index(asked)].sum()


def test_the_classes_of_then_have_the_names_of_now(campaign: Campaign) -> None:
    write_predictions(campaign, [[0.7, 0.2, 0.1], [0.2, 0.7, 0.1]])
    told = overview(campaign).told
    assert told is not None
    assert [told.names[place] for place in told.called[:2]] == list(campaign.config.classes[:2])
    assert (told.called[2:] == NONE).all()
