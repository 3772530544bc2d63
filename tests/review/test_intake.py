from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cryoal.campaign import Campaign
from cryoal.errors import ConfigError, CryoALError, FileFormatError, LabelError, UnknownKeyError
from cryoal.review.intake import read_saved, take_in, take_in_saved

if TYPE_CHECKING:
    from pathlib import Path

    from tests.review.conftest import Desk

TIME = "2026-01-01T00:00:00.000Z"


@pytest.fixture
def page(campaign: Campaign, asked: list[str], tmp_path: Path) -> Page:
    return Page(campaign, asked, tmp_path / "review.json")


class Page:
    """What a browser saves after three presses, one of them taken back."""

    def __init__(self, campaign: Campaign, keys: list[str], path: Path) -> None:
        self.path = path
        sitting = {
            "sitting": "aa", "time": TIME, "campaign": campaign.identity, "interface": "browser",
            "version": "0.1.0", "queue": "cycle 0", "order": "score", "blind": False,
        }  # fmt: skip
        self.facts: dict[str, Any] = {
            "format": "cryoal-review",
            "version": 1,
            "campaign": campaign.identity,
            "annotator": "ana",
            "queue": "cycle 0",
            "new_classes": [],
            "events": [
                sitting,
                {"key": keys[0], "label": "ring", "time": TIME, "press": "aa-1", "seconds": 1.5},
                {"key": keys[1], "label": "rod", "time": TIME, "press": "aa-2"},
                {"key": keys[2], "label": None, "time": TIME, "press": "aa-3"},
                {"skip": keys[3], "time": TIME, "press": "aa-4"},
                {"undo": "aa-2", "time": TIME},
            ],
        }

    def save(self, **changes: Any) -> Path:
        self.path.write_text(json.dumps({**self.facts, **changes}))
        return self.path

    def events_with(self, **event: Any) -> list[dict[str, Any]]:
        return [*self.facts["events"], event]


def test_a_saved_page_becomes_lines_of_the_journal(
    page: Page, campaign: Campaign, asked: list[str], desk: Desk
) -> None:
    saved = read_saved(page.save())
    taken = take_in_saved(campaign, saved, saved.annotator)
    assert (taken.n_new, taken.n_answers) == (3, 3)
    assert campaign.standing().labelled == {asked[0]: "ring"}
    assert campaign.standing().abstained == {asked[2]}
    session = desk.sit("ana")  # napari goes on where the browser stopped
    assert [session.shown(i).status for i in range(4)] == ["answered", "open", "unsure", "skipped"]
    session.press("Shift+z")
    assert session.shown(1).label == "rod"


def test_taking_a_page_in_again_brings_only_what_is_new(
    page: Page, campaign: Campaign, asked: list[str]
) -> None:
    take_in_saved(campaign, read_saved(page.save()), "ana")
    before = (campaign.path / "labels" / "ana.jsonl").read_bytes()
    assert take_in_saved(campaign, read_saved(page.save()), "ana").n_new == 0
    assert (campaign.path / "labels" / "ana.jsonl").read_bytes() == before
    more = page.events_with(key=asked[4], label="rod", time=TIME, press="aa-5")
    assert take_in_saved(campaign, read_saved(page.save(events=more)), "ana").n_new == 1
    assert campaign.standing().labelled[asked[4]] == "rod"


def test_classes_made_up_on_the_page_become_classes_of_the_campaign(
    page: Page, campaign: Campaign, asked: list[str]
) -> None:
    events = page.events_with(key=asked[4], label="spiral", time=TIME, press="aa-5")
    saved = read_saved(page.save(events=events, new_classes=["spiral", "never given"]))
    assert take_in_saved(campaign, saved, "ana").new_classes == ("spiral",)
    again = Campaign.open(campaign.path)
    assert again.config.classes == (*campaign.config.classes, "spiral")
    assert again.training_labels()[asked[4]] == "spiral"


@pytest.mark.parametrize(
    ("event", "error", "message"),
    [
        ({"key": "TS_99/1", "label": "ring"}, UnknownKeyError, r"first 'TS_99/1' \(.*json\)"),
        ({"key": 0, "label": "rnig"}, LabelError, "no class called 'rnig' .*mean 'ring'"),
        ({"key": 0, "label": "ring", "colour": "red"}, LabelError, "as event 7 of .*colour"),
        ({"flag": 0, "raised": "yes"}, LabelError, "as event 7 of"),
    ],
)
def test_one_wrong_event_refuses_the_whole_page(
    page: Page,
    campaign: Campaign,
    asked: list[str],
    event: dict[str, Any],
    error: type[CryoALError],
    message: str,
) -> None:
    event = {name: asked[4] if value == 0 else value for name, value in event.items()}
    saved = read_saved(page.save(events=page.events_with(**event, time=TIME, press="aa-5")))
    with pytest.raises(error, match=message) as caught:
        take_in_saved(campaign, saved, "ana")
    assert str(caught.value).endswith("nothing was recorded")
    assert not (campaign.path / "labels").exists()


def test_a_new_class_that_cannot_be_one_refuses_the_whole_page(
    page: Page, campaign: Campaign, asked: list[str]
) -> None:
    events = page.events_with(key=asked[4], label="a,b", time=TIME, press="aa-5")
    saved = read_saved(page.save(events=events, new_classes=["a,b"]))
    with pytest.raises(ConfigError, match="without commas"):
        take_in_saved(campaign, saved, "ana")
    assert not (campaign.path / "labels").exists()
    assert Campaign.open(campaign.path).config == campaign.config


def test_a_page_of_another_campaign_is_refused(page: Page, campaign: Campaign) -> None:
    with pytest.raises(LabelError, match="expected a review of this campaign"):
        take_in_saved(campaign, read_saved(page.save(campaign="beef")), "ana")
    page.facts["events"][0]["campaign"] = "beef"
    with pytest.raises(LabelError, match=r"found one of beef in .*nothing was recorded"):
        take_in(campaign, "ana", page.facts["events"], source="a page")
    assert not (campaign.path / "labels").exists()


def test_a_journal_of_another_campaign_is_refused_by_its_line(
    page: Page, campaign: Campaign
) -> None:
    take_in_saved(campaign, read_saved(page.save()), "ana")
    other = Campaign(campaign.path, campaign.config, identity="beef")
    with pytest.raises(
        LabelError, match=r"expected a journal of this campaign \(beef\), .* line 1"
    ):
        other.standing()


def test_answers_about_test_keys_are_refused(
    page: Page, campaign: Campaign, asked: list[str]
) -> None:
    kept = campaign.pool.keys[-1]
    campaign.reserve({kept: "ring"}, "test.csv")
    events = page.events_with(key=kept, label="ring", time=TIME, press="aa-5")
    with pytest.raises(LabelError, match=f"about the test key '{kept}'"):
        take_in_saved(campaign, read_saved(page.save(events=events)), "ana")


def test_a_class_renamed_since_the_page_was_written_is_followed(
    page: Page, campaign: Campaign, asked: list[str]
) -> None:
    file = campaign.path / "campaign.toml"
    renamed = file.read_text().replace('"ring"', '"torus"', 1)
    file.write_text(renamed)
    with pytest.raises(LabelError, match="no class called 'ring'"):
        take_in_saved(Campaign.open(campaign.path), read_saved(page.save()), "ana")
    file.write_text(renamed.replace("renamed = []", 'renamed = ["ring = torus"]'))
    again = Campaign.open(campaign.path)
    take_in_saved(again, read_saved(page.save()), "ana")
    assert again.training_labels() == {asked[0]: "torus"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "that a cryoal review page saved, found 'other'"),
        ({"version": 2}, "found 2 in .*: update cryoal"),
        ({"surprise": 1}, "found also surprise"),
        ({"events": {}}, "expected a saved review in"),
        ({"events": [1]}, "expected a saved review in"),
        ({"annotator": None}, "expected a saved review in"),
        ({"new_classes": [1]}, "expected a saved review in"),
    ],
)
def test_what_no_page_saves_is_refused(page: Page, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        read_saved(page.save(**changes))


def test_half_a_file_is_refused(page: Page) -> None:
    whole = page.save().read_text()
    page.path.write_text(whole[: len(whole) // 2])
    with pytest.raises(FileFormatError, match="expected JSON in"):
        read_saved(page.path)


@pytest.mark.parametrize("time", ["x", "", "yesterday", "2026-13-01T00:00:00Z", "12:00"])
def test_a_time_that_is_none_is_refused_where_it_enters(
    page: Page, campaign: Campaign, asked: list[str], time: str
) -> None:
    events = page.events_with(key=asked[4], label="rod", time=time, press="aa-5")
    with pytest.raises(LabelError, match=r"expected a time \(ISO 8601\) in event 7 of .*json"):
        take_in_saved(campaign, read_saved(page.save(events=events)), "ana")
    assert not campaign.labels.annotators()


def test_a_correction_counts_whatever_the_clock_of_the_page_said(
    page: Page, campaign: Campaign, asked: list[str]
) -> None:
    events = page.events_with(
        key=asked[4], label="ring", time="2036-01-01T00:00:00.000Z", press="aa-5"
    )
    take_in_saved(campaign, read_saved(page.save(events=events)), "ana")
    campaign.record("ana", [(asked[4], "rod")])
    assert campaign.standing().labelled[asked[4]] == "rod"
    assert campaign.labels.ahead() == {"ana": "2036-01-01T00:00:00.000Z"}


def test_a_label_that_is_no_text_is_refused(
    page: Page, campaign: Campaign, asked: list[str]
) -> None:
    events = page.events_with(key=asked[5], label={"name": "ring"}, time=TIME)
    with pytest.raises(LabelError, match=r"as event 7 of .*review\.json, found .*nothing was rec"):
        take_in_saved(campaign, read_saved(page.save(events=events)), "ana")


def test_a_name_that_cannot_be_an_annotators_adds_no_class(page: Page, campaign: Campaign) -> None:
    events = page.events_with(key=page.facts["events"][1]["key"], label="vault", time=TIME)
    saved = read_saved(page.save(events=events, new_classes=["vault"], annotator="\x1b[31m"))
    before = (campaign.path / "campaign.toml").read_bytes()
    with pytest.raises(LabelError, match=r"annotator .*review\.json\); nothing was recorded"):
        take_in_saved(campaign, saved, saved.annotator)
    assert (campaign.path / "campaign.toml").read_bytes() == before
