"""``cryoal review``, ``label`` with a saved page, and ``agreement``, as a user types them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from cryoal.cli import main, review
from cryoal.records import write_json
from cryoal.review import screen
from cryoal.review.orders import ORDERS
from cryoal.review.where import Answered
from cryoal.review.which import KINDS
from tests.campaign.report.samples import write_cycle

if TYPE_CHECKING:
    from cryoal.campaign import Campaign
    from cryoal.review.session import Session


@pytest.fixture
def here(campaign: Campaign) -> str:
    """A campaign with a query of eight boxes."""
    write_cycle(campaign, 0, [(key, "ring") for key in campaign.pool.keys[:8]])
    return str(campaign.path)


def failed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(list(words)) == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_the_command_knows_every_order_and_says_every_queue(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tuple(review.Order) == ORDERS  # repeated there so that --help need not import numpy
    assert tuple(review.Answered) == get_args(Answered)
    assert main(["review", "--help"]) == 0
    said = capsys.readouterr().out
    assert [kind for kind in KINDS if kind not in said] == []


def test_a_page_is_written_and_says_what_to_do_with_it(
    here: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "review.html"
    assert main(["review", here, "--html", str(page), "--annotator", "ana"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"wrote {page}: 8 boxes, \d+\.\d MB", out[0])
    assert out[-1] == f"  cryoal label {here} review_*.json"
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_what_a_page_saved_is_taken_in_by_label(
    here: str, campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = campaign.pool.keys[:2].tolist()
    time = "2026-01-01T00:00:00.000Z"
    facts = {
        "format": "cryoal-review",
        "version": 1,
        "campaign": campaign.identity,
        "annotator": "ana",
        "queue": "cycle 0",
        "new_classes": ["spiral"],
        "events": [
            {"key": keys[0], "label": "ring", "time": time, "press": "aa-1"},
            {"key": keys[1], "label": "spiral", "time": time, "press": "aa-2"},
        ],
    }
    saved = tmp_path / "review_cycle-0_ana.json"
    saved.write_text(json.dumps(facts))
    assert main(["label", here, str(saved)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "ana: 2 new of 2 answers",
        "new class 'spiral', now in campaign.toml",
        "labelled now: 2; abstained: 0",
    ]
    assert main(["label", here, str(saved), "--annotator", "ben"]) == 0
    assert capsys.readouterr().out.startswith("ben: 2 new of 2 answers")
    assert main(["agreement", here]) == 0
    assert "ana and ben: the same for 2 of 2 " in capsys.readouterr().out
    assert main(["agreement", here, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"][0]["n_same"] == 2
    saved.write_text(json.dumps({**facts, "surprise": 1}))
    assert "found also surprise" in failed(capsys, "label", here, str(saved))


def test_napari_gets_the_sitting_that_was_asked_for(
    here: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[Session] = []

    def open_review(session: Session) -> None:
        session.press("1")
        opened.append(session)

    monkeypatch.setattr("cryoal.napari_plugin.launch.open_review", open_review)
    monkeypatch.setattr(screen, "find_screen", lambda: screen.Screen("xcb screen", "4.5"))
    words = ["--annotator", "ana", "--order", "tomogram", "--blind", "--queue", "cycle:0"]
    assert main(["review", here, *words]) == 0
    (session,) = opened
    assert (session.annotator, session.queue.name, session.queue.order) == (
        "ana",
        "cycle 0",
        "tomogram",
    )
    assert session.blind
    said = capsys.readouterr()
    assert said.out.startswith("ana: 1 of 8; ring 1")
    assert said.err == "opening napari ...\n"


def test_without_napari_there_are_two_ways_left(
    here: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(screen, "find_spec", lambda name: None)
    message = failed(capsys, "review", here)
    assert message.startswith("cryoal: expected napari, found no package napari: pip install")
    assert message.endswith(f": cryoal review {here} --serve (or --html FILE)")


def test_without_a_screen_a_browser_is_named_and_nothing_is_opened(
    here: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert main(["review", here]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "cryoal: expected a screen that napari can draw on, found none (DISPLAY is not set): label "
        f"in a browser: cryoal review {here} --serve (or --html FILE)"
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--html", "x.html", "--serve"], "expected --html FILE or --serve, found both"),
        (["--queue", "disputed", "--html", "x.html"], "expected disputed boxes in .*, found none"),
        (["--queue", "cycle:3", "--html", "x.html"], "expected one of the cycles 0 of .*, found 3"),
    ],
)
def test_what_cannot_be_reviewed_is_said_in_one_line(
    here: str, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert re.search(message, failed(capsys, "review", here, *words))
    assert not Path("x.html").exists()


def test_a_campaign_without_a_query_says_how_to_get_one(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    message = failed(capsys, "review", str(campaign.path), "--html", "x.html")
    assert message.endswith(f"found none: cryoal select {campaign.path} -n 100")


def test_the_server_runs_until_it_is_interrupted(here: str) -> None:
    words = [Path(sys.executable).with_name("cryoal"), "review", here, "--serve"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout is not None
    line = next(line for line in process.stdout if "http://127.0.0.1:" in line)
    address = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", line)
    assert address is not None
    with urllib.request.urlopen(address.group() + "&annotator=ana") as answer:
        assert answer.read().startswith(b"<!DOCTYPE html>")
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 0


def label(
    here: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[str], *words: str
) -> list[str]:
    """What ``cryoal label`` prints about a table of `rows`."""
    table = tmp_path / "l.csv"
    table.write_text("key,label\n" + "".join(f"{row}\n" for row in rows))
    capsys.readouterr()
    assert main(["label", here, str(table), *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_rows_that_were_answered_in_a_review_are_not_called_empty(
    here: str, campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = campaign.pool.keys[:8].tolist()
    campaign.record("ana", [(key, "ring") for key in keys[:6]])
    rows = [f"{keys[0]},ring", f"{keys[7]},rod", *(f"{key}," for key in keys[1:7])]
    said = label(here, tmp_path, capsys, rows, "--annotator", "ana")
    assert said[0] == (
        "ana: 1 new of 2 answers, 1 was there already, 1 row still empty, "
        "5 empty rows are answered already"
    )


def test_a_table_without_anything_new_says_who_has_answered(
    here: str, campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = campaign.pool.keys[:4].tolist()
    campaign.record("ana", [(key, "ring") for key in keys])
    empty = [f"{key}," for key in keys]
    table = tmp_path / "l.csv"
    said = label(here, tmp_path, capsys, empty, "--annotator", "ben")
    assert said[0] == f"nothing new in {table}: all 4 boxes have answers already (by ana)"
    full = [f"{key},ring" for key in keys]
    assert label(here, tmp_path, capsys, full, "--annotator", "ben")[0] == "ben: 4 new of 4 answers"
    said = label(here, tmp_path, capsys, full, "--annotator", "ben")
    assert said[0] == f"nothing new in {table}: all 4 answers were there already"
    said = label(here, tmp_path, capsys, empty, "--annotator", "ben")
    assert said[0] == f"nothing new in {table}: all 4 boxes have answers already (by ana, ben)"


def test_an_answer_that_changes_nothing_and_a_clock_that_is_ahead_are_told(
    here: str, campaign: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, time = campaign.pool.keys[0], "2996-01-01T00:00:00.000Z"
    settled = {"key": key, "label": "ring", "time": time, "settles": True}
    campaign.labels.journal("ana").append([settled])
    said = label(here, tmp_path, capsys, [f"{key},rod"], "--annotator", "ben")
    assert "1 answer is about a settled key and changes nothing (--settle would)" in said
    assert any(line.startswith(f"ana has answers of {time}, in the future") for line in said)
    assert main(["status", here]) == 0
    assert f"ana has answers of {time}, in the future" in capsys.readouterr().out
    assert campaign.standing().labelled == {key: "ring"}
    label(here, tmp_path, capsys, [f"{key},rod"], "--annotator", "ben", "--settle")
    assert campaign.standing().labelled == {key: "rod"}

    page = tmp_path / "review.json"
    event = {**settled, "time": "2026-01-01T00:00:00.000Z", "label": "background"}
    facts = {"format": "cryoal-review", "version": 1, "campaign": campaign.identity}
    facts |= {"annotator": "zoe", "queue": "disputed", "new_classes": [], "events": [event]}
    page.write_text(json.dumps(facts))
    assert main(["label", here, str(page)]) == 0
    told = "1 settling answers change nothing: ben settled these boxes later"
    assert told in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("name", ["ana (copy).jsonl", "x.jsonl"])
def test_what_is_no_journal_is_named_by_every_command(
    here: str, campaign: Campaign, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign.record("ana", [(campaign.pool.keys[0], "ring")])
    stray = campaign.path / "labels" / name
    if "copy" in name:
        stray.write_bytes((campaign.path / "labels" / "ana.jsonl").read_bytes())
    else:
        stray.mkdir()
    for command in ("status", "agreement", "classify", "report"):
        assert name in failed(capsys, command, here)


def test_a_query_of_a_newer_cryoal_is_not_called_damage(
    here: str, campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    file = campaign.path / "cycle_000" / "query.json"
    facts = json.loads(file.read_text())
    assert facts["format"] == 1
    write_json(file, {**facts, "format": 2, "temperature": 0.1})
    line = failed(capsys, "status", here)
    assert re.search(r"format 1 or older in .*query\.json, found 2.* newer cryoal; update", line)
    old = {name: value for name, value in facts.items() if name not in ("format", "check")}
    file.write_text(json.dumps(old))  # of before there were formats
    assert main(["status", here]) == 0
