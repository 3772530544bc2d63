"""``cryoal audit``, and the commands that meet one, as a user types them."""

from __future__ import annotations

import csv
import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_sheet import SHEET
from cryoal.cli import main
from cryoal.records import write_json
from cryoal.review.queue import make_queue
from cryoal.review.session import Session
from tests.campaign.report.samples import write_cycle
from tests.campaign.test_classifier import with_settings

if TYPE_CHECKING:
    from pathlib import Path


def said(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    capsys.readouterr()
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def failed(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    capsys.readouterr()
    assert main([str(word) for word in words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def fill(sheet: Path, truth: dict[str, str], n: int | None = None) -> list[str]:
    """Fill in the first `n` rows, as a spreadsheet would; the keys of all rows."""
    text = sheet.read_text()
    rows = list(csv.DictReader(text.splitlines(), delimiter=";" if ";" in text else ","))
    for row in rows[:n]:
        row["label"] = truth[row["key"]]
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return [row["key"] for row in rows]


def test_an_audit_is_drawn_filled_in_and_given_to_training(
    campaign: Campaign, truth: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    here, sheet = campaign.path, campaign.path / SHEET
    assert said(capsys, "audit", here).startswith("no audit yet: cryoal audit")
    out = said(capsys, "audit", here, "-n", 8)
    assert f"label them: cryoal review {here} --queue audit\n" in out
    assert f"or in a spreadsheet: fill in 'label' in {sheet}, then: cryoal label {here}" in out
    assert "0 of 8 boxes answered" in out
    keys = fill(sheet, truth, 2)  # fewer than would be taken for the audit by their keys
    out = said(capsys, "label", here, sheet, "--annotator", "ann")
    assert "labelled now: 0; abstained: 0\naudit: 2 of 8 boxes answered\n" in out
    assert campaign.training_labels() == {}
    with sheet.open(newline="") as file:
        assert {"suggestion", "probability"}.isdisjoint(next(csv.reader(file)))

    fill(sheet, truth)
    assert re.search(
        rf"expected every label in {sheet} to be recorded .* found 6 that are not",
        failed(capsys, "audit", here, "-n", 4),
    )
    assert len(keys_now(campaign)) == 8
    said(capsys, "label", here, sheet, "--annotator", "ann")
    facts = json.loads(said(capsys, "audit", here, "-n", 4, "--json"))
    assert facts["strata"] == [{"name": "all", "boxes": 36, "audit": 12}]
    more = fill(sheet, truth)
    assert more == facts["keys"]
    assert set(more).isdisjoint(keys)
    assert "found 4 without an answer" in failed(capsys, "audit", here, "--give")
    said(capsys, "label", here, sheet, "--annotator", "ann")
    out = said(capsys, "audit", here, "--give")
    assert "12 boxes of the audit are trained on from now on; the audit says nothing" in out
    assert set(campaign.training_labels()) == {*keys, *more}
    assert "given to training (12 boxes) and says nothing any more" in said(capsys, "audit", here)


def keys_now(campaign: Campaign) -> tuple[str, ...]:
    now = audit_now(campaign)
    assert now is not None
    return now.keys


def test_a_sheet_that_nobody_can_read_is_not_written_over(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "audit", campaign.path, "-n", 3)
    sheet = campaign.path / SHEET
    sheet.write_text(sheet.read_text().replace(",,", ",rinng,", 1))
    assert "no class called 'rinng'" in failed(capsys, "audit", campaign.path, "-n", 3)
    assert "rinng" in sheet.read_text()
    assert len(keys_now(campaign)) == 3


def test_a_sheet_that_was_filled_in_before_a_class_was_renamed_is_understood(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "audit", campaign.path, "-n", 3)
    sheet = campaign.path / SHEET
    sheet.write_text(sheet.read_text().replace(",,", ",ring,"))
    with_settings(
        campaign, ('"ring"', '"annulus"'), ("renamed = []", 'renamed = ["ring = annulus"]')
    )
    assert "to be recorded before more" in failed(capsys, "audit", campaign.path, "-n", 3)
    assert "3 new of 3 answers" in said(capsys, "label", campaign.path, sheet)
    said(capsys, "audit", campaign.path, "-n", 3)
    now = audit_now(Campaign.open(campaign.path))
    assert now is not None
    assert sorted(now.named.values()) == ["annulus"] * 3


def test_a_draw_that_was_killed_before_its_sheet_gets_it_by_asking(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "audit", campaign.path, "-n", 3)
    before = (campaign.path / SHEET).read_text()
    (campaign.path / SHEET).unlink()
    assert "3 of 3 boxes of the audit have no answer" in said(capsys, "audit", campaign.path)
    assert (campaign.path / SHEET).read_text() == before


def test_a_file_with_other_boxes_too_makes_labels_and_says_so(
    campaign: Campaign, truth: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "audit", campaign.path, "-n", 5)
    inside = keys_now(campaign)
    other = next(key for key in campaign.pool.keys if key not in inside)
    own = tmp_path / "own.csv"
    own.write_text("\n".join(["key,label", *(f"{k},{truth[k]}" for k in (inside[0], other))]))
    out = said(capsys, "label", campaign.path, own)
    assert "1 box of the audit is a label from now on and no part of it" in out
    assert "labelled now: 2" in out
    assert keys_now(campaign) == inside[1:]


def test_what_cannot_be_drawn_is_refused_in_a_line(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    here = campaign.path
    assert "Invalid value for '-n'" in failed(capsys, "audit", here, "-n", 0)
    assert "expected at most 36 boxes" in failed(capsys, "audit", here, "-n", 40)
    assert "labels of at least two" in failed(capsys, "audit", here, "-n", 4, "--stratify")
    assert "expected --give or a draw" in failed(capsys, "audit", here, "-n", 4, "--give")
    assert "expected -n with" in failed(capsys, "audit", here, "--stratify")
    assert "expected an audit to give" in failed(capsys, "audit", here, "--give")
    assert "cryoal audit" in failed(capsys, "review", here, "--queue", "audit", "--html", "x.html")
    assert not (here / "audit.json").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_campaign_that_cannot_be_written_to_is_not_audited(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign.path.chmod(0o555)
    try:
        assert "expected a campaign that can be written to" in failed(
            capsys, "audit", campaign.path, "-n", 3
        )
    finally:
        campaign.path.chmod(0o755)


def test_a_read_only_campaign_is_refused_before_anything(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(type(campaign), "is_read_only", True)
    line = "expected a campaign that can be written to"
    assert line in failed(capsys, "audit", campaign.path, "-n", 3)
    assert line in failed(capsys, "audit", campaign.path, "--give")


def test_strata_are_the_predicted_classes(
    campaign: Campaign, truth: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    heads = with_settings(
        campaign, ('use = "pair"', 'use = "heads"'), ('method = "vicreg"', 'method = "none"')
    )
    keys = heads.pool.keys[::3].tolist()
    write_cycle(heads, 0, [(key, None) for key in keys])
    heads.record("ann", [(key, truth[key]) for key in keys])
    facts = json.loads(said(capsys, "audit", heads.path, "-n", 9, "--stratify", "--json"))
    assert sorted(s["name"] for s in facts["strata"]) == sorted(heads.config.classes)
    assert sum(s["boxes"] for s in facts["strata"]) == 24
    assert sum(s["audit"] for s in facts["strata"]) == len(facts["keys"]) == 9
    assert "from 3 strata: " in said(capsys, "audit", heads.path)


def test_the_oracle_of_a_run_answers_the_audit_first(
    campaign: Campaign, truth: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = with_settings(
        campaign,
        ('use = "pair"', 'use = "heads"'),
        ('method = "vicreg"', 'method = "none"'),
        ('strategy = "knowledge-transfer"', 'strategy = "margin"'),
    )
    oracle = tmp_path / "truth.csv"
    oracle.write_text("\n".join(["key,label", *(f"{k},{c}" for k, c in truth.items())]))
    said(capsys, "audit", heads.path, "-n", 9)
    said(capsys, "run", heads.path, "--oracle", oracle, "--cycles", 2, "-n", 8)
    now = audit_now(heads)
    assert now is not None
    assert now.open == ()
    assert now.named == {key: truth[key] for key in now.keys}
    assert len(now.keys) + now.n_left == 9
    assert len(heads.training_labels()) == 16


# the review


def test_the_audit_is_shown_blind_and_in_the_order_of_the_draw(
    campaign: Campaign, truth: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "audit", campaign.path, "-n", 6)
    keys = keys_now(campaign)
    campaign.record("ben", [(key, "ring") for key in keys], is_audit=True)
    queue = make_queue(campaign, "ana", which="audit")
    assert make_queue(campaign, "ana", which="audit", order="tomogram") == queue
    assert [item.key for item in queue.items] == list(keys)
    assert all(item.suggestion is None and item.score is None for item in queue.items)
    session = Session(campaign, queue, "ana", interface="test")
    assert session.blind
    session.press("2")
    assert session.shown(0).others == {}  # what ben said stays hidden
    found = audit_now(campaign)
    assert found is not None
    assert keys[0] in found.unnamed  # they differ
    assert campaign.training_labels() == {}


def test_a_page_of_the_audit_comes_back_as_the_audit(
    campaign: Campaign, truth: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = campaign.path
    said(capsys, "audit", here, "-n", 4)
    keys = keys_now(campaign)
    page = tmp_path / "page.html"
    said(capsys, "review", here, "--queue", "audit", "--html", page)
    assert '"blind":true' in page.read_text()
    assert '"name":"audit"' in page.read_text()
    time = "2026-01-01T00:00:00.000Z"
    sitting = {
        "sitting": "aa", "time": time, "campaign": campaign.identity, "interface": "browser",
        "version": "0", "queue": "audit", "order": "score", "blind": True,
    }  # fmt: skip
    answers = [
        {"key": key, "label": truth[key], "time": time, "press": f"aa-{n}"}
        for n, key in enumerate(keys)
    ]
    saved = tmp_path / "review_ana.json"
    write_json(
        saved,
        {
            "format": "cryoal-review", "version": 1, "campaign": campaign.identity,
            "annotator": "ana", "queue": "audit", "new_classes": [], "events": [sitting, *answers],
        },
    )  # fmt: skip
    out = said(capsys, "label", here, saved)
    assert "labelled now: 0; abstained: 0\naudit: 4 of 4 boxes answered\n" in out
    assert campaign.training_labels() == {}
