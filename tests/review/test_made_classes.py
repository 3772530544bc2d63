"""A class that was made while labelling goes again with its last answer, and no other does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cryoal.browser.desk import Desk as Server
from cryoal.campaign import Campaign, made_classes
from cryoal.campaign.made_classes import drop_unused
from cryoal.campaign.settings_file import add_class, remove_class
from cryoal.review.intake import read_saved, take_in_saved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.review.conftest import Desk

    Press = Callable[..., None]

GIVEN = ("ring", "rod", "background")
TIME = "2026-01-01T00:00:00.000Z"


def classes(campaign: Campaign) -> tuple[str, ...]:
    """As a program that starts now has them; every label is one of them."""
    fresh = Campaign.open(campaign.path)
    fresh.training_labels()
    return fresh.config.classes


def test_undo_takes_the_class_away_and_redo_brings_it_back(desk: Desk, press: Press) -> None:
    session = desk.sit()
    session.add_class("spiral")
    key = session.queue.items[0].key
    press(session, "z")
    assert session.message == f"undo: {key}; 'spiral' is no class any more"
    assert (classes(desk.campaign), session.classes) == (GIVEN, GIVEN)
    assert "4" not in session.keys
    press(session, "Shift+z")
    assert session.message == f"redo: {key}; 'spiral' is a class again"
    assert classes(desk.campaign) == session.classes == (*GIVEN, "spiral")
    assert session.shown(0).label == "spiral"
    press(session, "z")
    assert classes(desk.campaign) == GIVEN


def test_after_a_restart_redo_brings_the_class_back_too(desk: Desk, press: Press) -> None:
    session = desk.sit()
    session.add_class("spiral")
    press(session, "z")
    press(desk.sit(), "Shift+z")
    assert classes(desk.campaign) == (*GIVEN, "spiral")


def test_what_j_has_made_goes_with_it(desk: Desk, press: Press) -> None:
    file = desk.campaign.path / "campaign.toml"
    file.write_text(file.read_text().replace('"background"', '"rope"', 1))
    session = desk.sit()
    press(session, "j", "z")
    assert classes(desk.campaign) == ("ring", "rod", "rope")


def test_a_class_with_another_answer_stays(desk: Desk, press: Press) -> None:
    session = desk.sit("ana")
    session.add_class("spiral")
    press(session, "4", "z")
    assert classes(desk.campaign) == (*GIVEN, "spiral")
    press(desk.sit("ben"), "4")
    press(session, "z")
    assert classes(desk.campaign) == (*GIVEN, "spiral")


@pytest.mark.parametrize("whose", ["of the campaign", "of somebody else", "of an earlier sitting"])
def test_a_class_that_was_not_made_here_stays(desk: Desk, press: Press, whose: str) -> None:
    session = desk.sit()
    if whose == "of the campaign":
        press(session, "1")
    elif whose == "of somebody else":
        add_class(desk.campaign.path, "spiral")
        press(session, "4")
    else:
        session.add_class("spiral")
        session = desk.sit()
    before = classes(desk.campaign)
    press(session, "z")
    assert classes(desk.campaign) == before


def test_a_class_that_the_classification_knows_stays(desk: Desk, press: Press) -> None:
    session = desk.sit()
    session.add_class("spiral")
    columns = ",".join(f"p_{name}" for name in session.classes)
    (desk.campaign.path / "predictions.csv").write_text(f"key,class,{columns}\n")
    press(session, "z")
    assert classes(desk.campaign) == (*GIVEN, "spiral")


def test_a_class_whose_first_answer_cannot_be_written_is_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = desk.sit()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("cryoal.data.journal.Journal.append", full)
        with pytest.raises(OSError, match="No space left"):
            session.add_class("spiral")
    assert classes(desk.campaign) == session.classes == GIVEN


def test_whoever_gives_the_class_in_that_moment_keeps_it(
    desk: Desk, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just before the file is written, and just after it was."""
    ana, ben = desk.sit("ana"), desk.sit("ben")
    ana.add_class("spiral")
    press(ben, "1")  # which shows ben the new class
    assert ben.keys["4"] == "spiral"
    write = ben._write

    def late(events: Any) -> None:
        press(ana, "z")
        assert classes(desk.campaign) == GIVEN
        write(events)

    with monkeypatch.context() as patched:
        patched.setattr(ben, "_write", late)
        press(ben, "4")
    assert classes(desk.campaign) == ben.classes == (*GIVEN, "spiral")

    press(ben, "z")
    ana = desk.sit("ana")
    ana.add_class("hoop")
    key = ana.queue.items[5].key

    def then_somebody_does(folder: Path, name: str, **more: Any) -> None:
        remove_class(folder, name, **more)
        desk.campaign.record("carla", [(key, "hoop")])

    monkeypatch.setattr(made_classes, "remove_class", then_somebody_does)
    press(ana, "z")
    assert "hoop" in classes(desk.campaign)


def test_comments_and_order_of_the_settings_stay(campaign: Campaign) -> None:
    file = campaign.path / "campaign.toml"
    text = file.read_text().replace("seed = 0", "seed = 0  # of ours")
    file.write_text(text)
    add_class(campaign.path, "spiral")
    assert drop_unused(campaign, ["spiral", "ring", "nothing"]) == ["spiral", "ring"]
    others = [line for line in text.splitlines() if '"ring"' not in line]
    assert file.read_text().splitlines() == others
    assert Campaign.open(campaign.path).config.classes == ("rod", "background")
    assert drop_unused(campaign, ["rod"]) == []  # two are left


def test_a_served_page_makes_and_loses_classes_in_the_same_way(
    campaign: Campaign, asked: list[str]
) -> None:
    server = Server(campaign.path)
    server.add_class("spiral")

    def take(*lines: dict[str, Any]) -> list[str]:
        told: Any = server.take("ana", list(lines))
        names: list[str] = told["settings"]["classes"]
        return names

    answer = {"key": asked[0], "label": "spiral", "time": TIME, "press": "aa-1"}
    undo, redo = {"undo": "aa-1", "time": TIME}, {"redo": "aa-1", "time": TIME}
    assert take(answer) == [*GIVEN, "spiral"]
    assert take(undo) == [*GIVEN]
    # sent again, because the answer of the server was lost
    assert server.take("ana", [answer, undo])["taken"] == 0
    assert classes(campaign) == GIVEN
    server.take("ana", [redo])
    assert classes(campaign) == (*GIVEN, "spiral")
    server.take("ana", [{**undo, "time": "2026-01-01T00:00:01.000Z"}])
    assert classes(campaign) == GIVEN
    # pressed before the page had heard that the class is gone
    server.take("ana", [{**answer, "key": asked[1], "press": "aa-2"}])
    assert classes(campaign) == (*GIVEN, "spiral")


def test_a_saved_page_brings_no_class_whose_answers_were_taken_back(
    campaign: Campaign, asked: list[str], tmp_path: Path
) -> None:
    events = [
        {"key": asked[0], "label": "spiral", "time": TIME, "press": "aa-1"},
        {"key": asked[1], "label": "hoop", "time": TIME, "press": "aa-2"},
        {"undo": "aa-1", "time": TIME},
    ]
    facts = {
        "format": "cryoal-review", "version": 1, "campaign": campaign.identity, "annotator": "ana",
        "queue": "cycle 0", "new_classes": ["spiral", "hoop"], "events": events,
    }  # fmt: skip
    file = tmp_path / "saved.json"
    file.write_text(json.dumps(facts))
    assert take_in_saved(campaign, read_saved(file), "ana").new_classes == ("hoop",)
    assert classes(campaign) == (*GIVEN, "hoop")
    facts["events"] = [*events, {"redo": "aa-1", "time": TIME}]
    file.write_text(json.dumps(facts))
    campaign = Campaign.open(campaign.path)
    assert take_in_saved(campaign, read_saved(file), "ana").new_classes == ("spiral",)
    assert classes(campaign) == (*GIVEN, "hoop", "spiral")
