"""What an audit says of the last classification, and where it is told."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.assess import assess, audited
from cryoal.campaign.assess_told import said_of_assessment, said_of_export
from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_draw import draw_audit, give_audit
from cryoal.campaign.called import called_by, last_called
from cryoal.campaign.decisions import DECIDED_BY
from cryoal.campaign.predictions import classify, read_predictions
from cryoal.campaign.predictions_table import Predictions
from cryoal.campaign.status import describe
from cryoal.cli import main
from cryoal.errors import FileFormatError
from cryoal.estimate.cells import NOT_DRAWN, NOT_NAMED
from cryoal.estimate.intervals import hypergeometric
from tests.campaign.report.samples import write_cycle
from tests.campaign.test_classifier import with_settings

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.assess import Assessment

N_LABELS, N_AUDIT = 12, 12


def predicted(campaign: Campaign, called: dict[str, str], p: float = 0.9) -> Predictions:
    """A classification that calls each box so, with this probability."""
    classes = list(campaign.config.classes)
    keys = campaign.pool.keys.tolist()
    posterior = np.full((len(keys), len(classes)), (1 - p) / (len(classes) - 1))
    for row, key in enumerate(keys):
        posterior[row, classes.index(called[key])] = p
    return Predictions(
        keys=keys,
        classes=tuple(classes),
        called=np.array([classes.index(called[key]) for key in keys], np.int16),
        decided=np.full(len(keys), DECIDED_BY.index("classifier"), np.int8),
        classifier="heads",
        probability=posterior,
        agreement=None,
        entropy=None,
        novelty=None,
        disagreement=None,
    )


def said(campaign: Campaign, predictions: Predictions) -> Assessment:
    found = assess(campaign, predictions=predictions)
    assert found is not None
    return found


def answer(campaign: Campaign, keys: list[str], truth: dict[str, str]) -> None:
    campaign.record("ann", [(key, truth[key]) for key in keys], is_audit=True)


@pytest.fixture
def drawn(campaign: Campaign, truth: dict[str, str]) -> Campaign:
    """12 of 36 boxes are labelled; 12 of the others are an audit, all answered."""
    keys = campaign.pool.keys.tolist()
    campaign.record("ann", [(key, truth[key]) for key in keys[::3]])
    draw = draw_audit(campaign, N_AUDIT)
    answer(campaign, list(draw.keys), truth)
    return campaign


@pytest.fixture(scope="session")
def _classified(
    original: Path, truth: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("assessed") / "campaign"
    shutil.copytree(original, path)
    campaign = with_settings(
        Campaign.open(path),
        ('use = "pair"', 'use = "heads"'),
        ('method = "vicreg"', 'method = "none"'),
    )
    keys = campaign.pool.keys.tolist()
    campaign.record("ann", [(key, truth[key]) for key in keys[::3]])
    draw = draw_audit(campaign, N_AUDIT)
    answer(campaign, list(draw.keys[:10]), truth)
    classify(campaign)
    return path


@pytest.fixture
def classified(_classified: Path, tmp_path: Path) -> Campaign:
    """The same, of which 10 are answered; heads have classified the pool."""
    return Campaign.open(shutil.copytree(_classified, tmp_path / "campaign"))


def test_labels_and_audit_count_as_they_are_and_the_rest_by_the_draw(
    drawn: Campaign, truth: dict[str, str]
) -> None:
    audit = audit_now(drawn)
    assert audit is not None
    wrong = {key: "rod" for key in truth if truth[key] == "ring"}  # every ring is called a rod
    found = said(drawn, predicted(drawn, truth | wrong))
    told = found.estimates
    assert told is not None
    hits = sum(truth[key] != "ring" for key in audit.keys)
    low, high = (int(x) for x in hypergeometric(hits, N_AUDIT, 36 - N_LABELS))
    # the experts' 12 labels and 12 audit boxes come out as they say
    sure = N_LABELS + N_AUDIT - hits
    assert told.accuracy.value == pytest.approx((24 * hits / 12 + sure) / 36)
    assert told.accuracy.low == pytest.approx((low + sure) / 36)
    assert told.accuracy.high == pytest.approx((high + sure) / 36)
    assert (found.boxes, found.n_open, found.is_late) == (36, 0, False)
    ring = told.classes[found.classes.index("ring")]
    n_rings = sum(name == "ring" for name in truth.values())
    assert ring.count.low <= n_rings <= ring.count.high


def test_test_keys_count_with_what_comes_out_of_them(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    keys = campaign.pool.keys.tolist()
    campaign.reserve({key: truth[key] for key in keys[:6]}, "test")
    answer(campaign, list(draw_audit(campaign, 30).keys), truth)  # every box that is left
    wrong = dict.fromkeys(keys[:6], "rod")
    told = said(campaign, predicted(campaign, truth | wrong)).estimates
    assert told is not None
    right = 30 + sum(truth[key] == "rod" for key in keys[:6])
    assert told.accuracy.low == told.accuracy.high == pytest.approx(right / 36)


def test_a_threshold_takes_the_boxes_that_an_export_would(
    drawn: Campaign, truth: dict[str, str]
) -> None:
    sure = predicted(drawn, truth, p=0.9)
    told = said(drawn, sure).estimates
    assert told is not None
    out = {(row.t, row.of): row.out for row in told.thresholds}
    assert out[0.9, None] == 36
    assert out[0.95, None] == N_LABELS + N_AUDIT  # an expert's class has the probability 1


def test_boxes_that_a_query_asks_are_left_out(drawn: Campaign, truth: dict[str, str]) -> None:
    audit = audit_now(drawn)
    assert audit is not None
    others = [key for key in drawn.pool.keys[audit.strata[0].rows] if key not in audit.keys]
    write_cycle(drawn, 0, [(key, None) for key in [*others[:3], audit.keys[0]]])
    found = said(drawn, predicted(drawn, truth))
    # the audit box that was asked has its answer already: it is a label now
    assert (found.n_asked, found.n_left, found.boxes) == (3, 1, 33)
    assert found.estimates is not None
    assert found.estimates.n == N_AUDIT - 1


def test_boxes_that_came_after_the_draws_could_be_anything(
    drawn: Campaign, truth: dict[str, str]
) -> None:
    audit = audit_now(drawn)
    assert audit is not None
    stratum = audit.strata[0]
    late = np.setdiff1d(stratum.rows, drawn.pool.index(audit.keys))[:4]
    kept = replace(stratum, rows=np.setdiff1d(stratum.rows, late))
    grown = replace(audit, strata=(kept,), outside=late)
    given = audited(drawn, drawn.standing(), grown, called_by(predicted(drawn, truth)), set())
    assert given.stratum.tolist().count(1) == 4
    assert (given.answer[given.stratum == 1] == NOT_DRAWN).all()
    keys = set(drawn.pool.keys[late])
    without = audited(drawn, drawn.standing(), grown, called_by(predicted(drawn, truth)), keys)
    assert len(without.answer) == len(given.answer) - 4


def test_only_the_first_draws_are_looked_at_where_that_is_asked(
    drawn: Campaign, truth: dict[str, str]
) -> None:
    answer(drawn, list(draw_audit(drawn, 6).keys), truth)
    sure = predicted(drawn, truth)
    found = [assess(drawn, predictions=sure, upto=n) for n in (1, 2)]
    assert [one and one.estimates and one.estimates.n for one in found] == [12, 18]


def test_what_could_not_be_named_is_counted_and_no_error(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    draw = draw_audit(campaign, 10)
    campaign.record("ann", [(key, None) for key in draw.keys[:2]], is_audit=True)
    answer(campaign, list(draw.keys[2:]), truth)
    found = said(campaign, predicted(campaign, truth))
    assert found.estimates is not None
    assert (found.estimates.n, found.estimates.n_not_named) == (10, 2)
    assert found.estimates.accuracy.value == 1
    audit = audit_now(campaign)
    assert audit is not None
    given = audited(
        campaign, campaign.standing(), audit, called_by(predicted(campaign, truth)), set()
    )
    assert (given.answer == NOT_NAMED).sum() == 2
    assert "10 of 10 boxes answered, 2 of them could not be named" in said_of_assessment(found)[0]


def test_without_a_draw_nothing_is_said(campaign: Campaign, truth: dict[str, str]) -> None:
    assert assess(campaign) is None
    assert describe(campaign).audit is None
    assert said_of_export(campaign, predicted(campaign, truth)) == []
    assert not [line for line in describe(campaign).lines() if "accuracy" in line]


def test_an_audit_without_predictions_or_answers_says_what_is_missing(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    draw = draw_audit(campaign, 5)
    lines = describe(campaign).lines()
    assert lines[-1].startswith("next      5 of 5 boxes of the audit have no answer: cryoal review")
    assert "; or cryoal select " in lines[-1]
    assert any("0 of 5 boxes answered" in line for line in lines)
    (why,) = (line for line in lines if "unknown: no box of the audit has an answer yet" in line)
    assert why.endswith("--queue audit")
    answer(campaign, list(draw.keys), truth)
    lines = describe(campaign).lines()
    assert any(line.startswith("labelled  0") for line in lines)  # an audit's are no labels
    assert any("unknown: the pool has not been classified: cryoal classify" in x for x in lines)


def test_an_audit_that_was_given_to_training_says_nothing_any_more(
    drawn: Campaign, truth: dict[str, str]
) -> None:
    give_audit(drawn)
    found = said(drawn, predicted(drawn, truth))
    assert found.estimates is None
    assert said_of_assessment(found) == [
        "audit     was given to training and says nothing any more: draw another"
    ]
    (line,) = said_of_export(drawn, predicted(drawn, truth))
    assert line.startswith("how many of them are right is unknown: the audit was given")


def test_a_class_without_audit_boxes_is_unknown(campaign: Campaign, truth: dict[str, str]) -> None:
    draw = draw_audit(campaign, 3)
    answer(campaign, list(draw.keys), truth)
    no_ring = truth | dict.fromkeys(draw.keys, "rod")
    campaign.record("ann", [(key, "rod") for key in draw.keys], is_audit=True)
    lines = said_of_assessment(said(campaign, predicted(campaign, no_ring)))
    (ring,) = (line for line in lines if line.startswith("  ring"))
    assert "precision unknown (0.0 to 100.0)" in ring
    assert "recall unknown (" in ring
    assert "nan" not in "".join(lines)


def test_status_and_classify_tell_and_say_that_labels_came_since(
    classified: Campaign, truth: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = describe(classified).lines()
    at = next(i for i, line in enumerate(lines) if line.startswith("accuracy  "))
    assert lines[at - 1] == "audit     10 of 12 boxes answered"
    assert " % (" in lines[at]
    assert lines[at].endswith("of 36 boxes, as they come out of the last classification")
    assert lines[at + 1].endswith("2 more are drawn already")
    assert [line.split()[0] for line in lines[at + 2 : at + 5]] == list(classified.config.classes)
    assert lines[at + 5].startswith("  at p >= 0.9: ")
    facts = json.loads(json.dumps(describe(classified).as_json()))["audit"]
    assert facts["n_open"] == 2
    assert set(facts["estimates"]["classes"]) == set(classified.config.classes)
    assert facts["estimates"]["accuracy"]["low"] <= facts["estimates"]["accuracy"]["high"]

    audit = audit_now(classified)
    assert audit is not None
    answer(classified, list(audit.open), truth)  # no label: nothing has to be classified anew
    found = assess(classified)
    assert found is not None
    assert (found.is_late, found.n_open) == (False, 0)
    assert "12 more audit boxes for +- " in said_of_assessment(found)[2]
    free = [key for key in classified.pool.keys[audit.strata[0].rows] if key not in audit.keys]
    classified.record("ann", [(free[0], truth[free[0]])])
    assert "; labels or boxes came since" in "".join(describe(classified).lines())

    capsys.readouterr()
    assert main(["classify", str(classified.path)]) == 0
    assert "audit     12 of 12 boxes answered" in capsys.readouterr().out
    assert main(["classify", str(classified.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["audit"]["n_audit"] == 12


def test_the_short_way_to_read_a_table_reads_what_the_long_one_does(classified: Campaign) -> None:
    short, long = last_called(classified), called_by(read_predictions(classified))
    assert short.keys == long.keys
    assert (short.called == long.called).all()
    assert (short.probability == long.probability).all()
    table = classified.path / "predictions.csv"
    table.write_text(table.read_text().replace("0.", "1.", 1))
    with pytest.raises(FileFormatError, match="as it was written, found it changed"):
        last_called(classified)
    found = assess(classified)
    assert found is not None
    assert "as it was written, found it changed" in found.why_not


@pytest.mark.parametrize("junk", [b"\xff\xfe\x00junk", b"key" * 100_000])
def test_status_says_that_predictions_are_damaged_whatever_they_are_now(
    classified: Campaign, junk: bytes
) -> None:
    (classified.path / "predictions.csv").write_bytes(junk)
    found = assess(classified)
    assert found is not None
    assert "as it was written, found it changed" in found.why_not


def test_predictions_of_other_classes_are_said_with_what_to_do(classified: Campaign) -> None:
    more = with_settings(classified, ('"background",', '"background",\n    "vesicle",'))
    found = assess(more)
    assert found is not None
    assert "found those of ring, rod, background; cryoal classify " in found.why_not
    assert found.why_not.endswith(" makes them anew")


def test_an_export_names_a_class_without_labels(
    classified: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    more = with_settings(classified, ('"background",', '"background",\n    "vesicle",'))
    out = more.path.parent / "out.csv"
    assert main(["export", str(more.path), "--to", "csv", "-o", str(out)]) == 0
    captured = capsys.readouterr()
    assert "no label yet: vesicle; its boxes get other classes" in captured.err + captured.out


def test_an_export_tells_of_exactly_the_boxes_that_go_out(
    classified: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    table = read_predictions(classified)
    out = classified.path.parent / "out.csv"
    export = ["export", str(classified.path), "--to", "csv", "-o", str(out)]
    assert main(export) == 0
    captured = capsys.readouterr()
    (everything,) = said_of_export(classified, table)
    assert everything in captured.err + captured.out
    assert main([*export, "--force", "--class", "rod", "--min-probability", "0.6"]) == 0
    captured = capsys.readouterr()
    (rods,) = said_of_export(classified, table, "rod", 0.6)
    assert rods in captured.err + captured.out
    found = assess(classified, thresholds=(0.6,))
    assert found is not None
    assert found.estimates is not None
    row = next(r for r in found.estimates.thresholds if r.of == found.classes.index("rod"))
    assert len(out.read_text().splitlines()) - 1 == row.out


def test_boxes_that_came_later_are_no_doubt_about_what_experts_named(
    drawn: Campaign, truth: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = audit_now(drawn)
    assert audit is not None
    stratum = audit.strata[0]
    late = np.setdiff1d(stratum.rows, drawn.pool.index(audit.keys))[:4]
    kept = replace(stratum, rows=np.setdiff1d(stratum.rows, late))
    grown = replace(audit, strata=(kept,), outside=late)
    monkeypatch.setattr("cryoal.campaign.assess.audit_now", lambda *_: grown)
    table = predicted(drawn, truth)
    (line,) = said_of_export(drawn, table)
    assert line.endswith(
        "; 4 boxes came later, and no audit box among them has an answer: they could be anything"
    )
    (line,) = said_of_export(drawn, table, least=dict.fromkeys(drawn.config.classes, 2.0))
    assert line == "right, by the audit: 100.0 % (100.0 to 100.0), 0 audit boxes behind it"


def test_an_export_by_class_tells_of_its_own_boxes(drawn: Campaign, truth: dict[str, str]) -> None:
    audit = audit_now(drawn)
    assert audit is not None
    wrong = {key: "rod" for key in truth if truth[key] == "ring"}
    sure = predicted(drawn, truth | wrong)
    # All called rods stay away but those that an expert named: 24 boxes without a label, of which
    # those called background, all right, go out.
    (line,) = said_of_export(drawn, sure, least={"rod": 2.0, "ring": 0.0, "background": 0.5})
    n = sum(truth[key] == "background" for key in audit.keys)
    assert line.startswith("right, by the audit: 100.0 % (")
    assert line.endswith(f", {n} audit boxes behind it")
    (everything,) = said_of_export(drawn, sure)
    assert everything.endswith(f", {N_AUDIT} audit boxes behind it")


def test_boxes_without_a_class_for_being_novel_are_missed_and_judged_apart(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    campaign = with_settings(campaign, ("novel = 1.0", "novel = 0.95"))
    keys = campaign.pool.keys.tolist()
    no_ring = [key for key in keys if truth[key] != "ring"][:4]
    campaign.record("ann", [(key, truth[key]) for key in no_ring])  # rings have no label
    answer(campaign, list(draw_audit(campaign, 32).keys), truth)  # all that are left
    rings = [key for key in keys if truth[key] == "ring"]
    rods = [key for key in keys if truth[key] == "rod" and key not in no_ring]
    novelty = np.array([0.99 if key in rings or key == rods[0] else 0.5 for key in keys])
    sure = predicted(campaign, truth | dict.fromkeys(rings, "rod"))
    found = said(campaign, replace(sure, novelty=novelty))
    told = found.estimates
    assert told is not None
    assert found.novel is not None
    assert found.n_novel == len(rings) + 1
    assert found.novel.value == pytest.approx(len(rings) / (len(rings) + 1))
    assert len(told.classes) == len(found.classes)
    # of 32 without a label the rings and one rod are missed; no class is called wrongly
    assert told.of_classifier.value == pytest.approx((32 - len(rings) - 1) / 32)
    assert {row.of for row in told.thresholds} == {None, 0, 1, 2}
    (line,) = (x for x in said_of_assessment(found) if "too novel" in x)
    assert line.startswith(
        f"  too novel for a class: {len(rings) + 1} boxes, those of the audit among them; 92.3 % ("
    )
    (line,) = said_of_export(campaign, replace(sure, novelty=novelty))
    assert line.startswith("right, by the audit: 100.0 %")


def test_scipy_is_not_loaded_to_say_where_a_campaign_without_an_audit_stands(
    campaign: Campaign,
) -> None:
    code = (
        "import sys; from pathlib import Path; from cryoal.campaign import Campaign; "
        "from cryoal.campaign.status import describe; "
        f"describe(Campaign.open(Path({str(campaign.path)!r}))); print('scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
