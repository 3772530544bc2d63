"""Both sides of a threshold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.assess import assess
from cryoal.campaign.audit import audit_now
from cryoal.campaign.called import called_by
from cryoal.campaign.overview import overview
from cryoal.campaign.predictions import classify, read_predictions
from cryoal.campaign.predictions_table import require_as_written
from cryoal.campaign.threshold import Thresholds, at_threshold
from cryoal.cli import main
from cryoal.errors import ConfigError, UnknownNameError
from tests.campaign.test_assess import _classified, classified
from tests.campaign.test_classifier import fresh, started

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["_classified", "classified", "fresh", "started"]


def rewritten(campaign: Campaign, posterior: Mapping[str, str]) -> None:
    """The classification as if this had been said of every box; no digest tells."""
    path = campaign.path / "predictions.csv"
    header, *lines = path.read_text().splitlines()
    names = header.split(",")
    table = [dict(zip(names, line.split(","), strict=True)) for line in lines]
    for row in table:
        row.update({f"p_{name}": p for name, p in posterior.items()})
        if row["decided_by"] == "classifier":
            row["class"] = max(posterior, key=lambda name: float(posterior[name]))
    path.write_text("\n".join([header, *(",".join(row.values()) for row in table)]) + "\n")
    (campaign.path / "predictions.json").unlink()
    require_as_written(campaign)


def test_every_box_that_the_classifier_decides_is_on_one_side(classified: Campaign) -> None:
    seen = overview(classified)
    found = Thresholds(classified, seen)
    table = read_predictions(classified)
    audit = audit_now(classified)
    assert audit is not None
    for name in classified.config.classes:
        at = classified.config.classes.index(name)
        decided = {
            key: float(p)
            for key, label, by, p in zip(
                table.keys, table.label, table.decided_by, table.probability[:, at], strict=True
            )
            if (label, by) == (name, "classifier") and key not in audit.keys
        }
        for p in (0.0, 0.5, 0.8, 1.0):
            side = found.at(name, p)
            above = seen.keys[side.above].tolist()
            assert set(above) == {key for key, said in decided.items() if said >= p}
            assert set(seen.keys[side.below]) == set(decided) - set(above)
            assert (side.n_kept, side.n_left) == (len(side.above), len(side.below))
            assert [decided[key] for key in above] == sorted(decided[key] for key in above)
            below = [decided[key] for key in seen.keys[side.below]]
            assert below == sorted(below, reverse=True)
            experts = [
                n
                for n, by in zip(table.label, table.decided_by, strict=True)
                if (n, by) == (name, "expert")
            ]
            assert side.n_labelled == len(experts)


def test_precision_is_what_export_says_at_the_same_probability(classified: Campaign) -> None:
    predictions = read_predictions(classified)
    found = Thresholds(classified, overview(classified))
    said = 0
    for p in (0.4, 0.7, 0.9):
        goes_out = called_by(predictions).probability >= p
        told = assess(classified, predictions=predictions, goes_out=goes_out, thresholds=(0.5,))
        assert told is not None
        assert told.estimates is not None
        for row in told.estimates.thresholds:
            if row.of is not None:
                side = found.at(classified.config.classes[row.of], p)
                assert side.precision == row.right
                assert side.why_not == ""
                said += row.right.value is not None
    assert said


def test_recall_is_that_of_the_audit_without_a_threshold_and_falls(classified: Campaign) -> None:
    told = assess(classified)
    assert told is not None
    assert told.estimates is not None
    found = Thresholds(classified, overview(classified))
    for name, of in zip(told.classes, told.estimates.classes, strict=True):
        assert found.at(name, 0.0).recall == of.recall
        values = [found.at(name, p).recall.value for p in (0.0, 0.6, 0.9, 1.0)]  # type: ignore[union-attr]
        assert values == sorted(values, reverse=True)  # type: ignore[type-var]


def test_a_threshold_keeps_what_is_written_as_that_number(classified: Campaign) -> None:
    rewritten(classified, {"ring": "0.900000", "rod": "0.050000", "background": "0.050000"})
    found = Thresholds(classified, overview(classified))
    at = found.at("ring", 0.9)
    assert at.n_left == 0
    assert at.n_kept > 0
    assert found.at("ring", 0.900001).n_kept == 0
    assert [kept for p, kept in found.curve("ring") if p <= 0.9] == [at.n_kept] * 91
    assert [kept for p, kept in found.curve("ring") if p > 0.9] == [0] * 10


def test_a_class_that_nothing_is_called_has_empty_sides(classified: Campaign) -> None:
    rewritten(classified, {"ring": "1.000000", "rod": "0.000000", "background": "0.000000"})
    side = at_threshold(classified, "rod", 0.5)
    assert (side.n_kept, side.n_left, len(side.above), len(side.below)) == (0, 0, 0, 0)
    assert side.precision is not None  # of what experts call so
    assert side.precision.value == 1.0
    assert at_threshold(classified, "ring", 1.0).n_kept > 0


def test_without_an_audit_it_says_so_and_counts(started: Campaign) -> None:
    classify(started)
    side = at_threshold(started, "ring", 0.5)
    assert (side.precision, side.recall) == (None, None)
    assert side.why_not == f"no audit yet: cryoal audit {started.path} -n 60"
    assert side.n_kept + side.n_left + side.n_labelled > 0


def test_before_a_classification_nothing_is_kept(started: Campaign) -> None:
    side = at_threshold(started, "ring", 0.5)
    assert (side.n_kept, side.n_left) == (0, 0)
    assert side.n_labelled > 0


def test_labels_that_arrive_meanwhile_are_experts_boxes(
    classified: Campaign, truth: dict[str, str]
) -> None:
    before = at_threshold(classified, "ring", 0.0)
    key = str(classified.pool.keys[before.above[0]])
    classified.record("ben", [(key, "ring")])
    after = at_threshold(Campaign.open(classified.path), "ring", 0.0)
    assert after.n_kept == before.n_kept - 1
    assert after.n_labelled == before.n_labelled + 1


def test_boxes_of_an_open_audit_are_on_neither_side(classified: Campaign) -> None:
    audit = audit_now(classified)
    assert audit is not None
    assert audit.open
    held = set(classified.pool.index(list(audit.keys)).tolist())
    for name in classified.config.classes:
        side = at_threshold(classified, name, 0.6)
        assert not held & {*side.above.tolist(), *side.below.tolist()}


def test_an_unknown_class_or_a_number_that_is_none_is_refused(classified: Campaign) -> None:
    with pytest.raises(UnknownNameError, match="found 'rign'; did you mean 'ring'"):
        at_threshold(classified, "rign", 0.5)
    for p in (-0.1, 1.5, float("nan")):
        with pytest.raises(ConfigError, match="expected a threshold in 0 to 1, found"):
            at_threshold(classified, "ring", p)


def test_the_command_tells_of_each_class_at_a_threshold(
    classified: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    side = at_threshold(classified, "ring", 0.7)
    assert main(["audit", str(classified.path), "--at", "0.7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    line = next(line for line in lines if line.split()[0] == "ring")
    assert f"{side.n_kept} boxes and {side.n_labelled} of experts, {side.n_left} left" in line
    assert "precision" in line
    assert "recall" in line
    assert main(["audit", str(classified.path), "--at", "0.7", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert next(row for row in told["at"] if row["class"] == "ring") == side.as_json()
    assert main(["audit", str(classified.path), "--at", "7"]) == 2
    assert np.char.count(capsys.readouterr().err, "\n") == 1
