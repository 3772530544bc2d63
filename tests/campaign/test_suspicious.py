"""Labels that may be wrong: found when learning, told by status, looked at again in a review."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.described import current_columns
from cryoal.campaign.predictions import classify
from cryoal.campaign.status import describe
from cryoal.campaign.suspicious import suspects
from cryoal.errors import CampaignError
from cryoal.records import read_json, write_json
from cryoal.review.queue import make_queue
from cryoal.review.session import Session

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = (
    ('use = "pair"', 'use = "auto"'),
    ('strategy = "knowledge-transfer"', 'strategy = "margin"'),
    ('method = "vicreg"', 'method = "none"'),
)


@pytest.fixture(scope="module")
def described(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Heads decide, no encoder learns, and every box is described; not to be written to."""
    path = tmp_path_factory.mktemp("suspicious") / "described"
    shutil.copytree(original, path)
    file = path / "campaign.toml"
    text = file.read_text()
    for old, new in SETTINGS:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    current_columns(Campaign.open(path))
    return path


@pytest.fixture(scope="module")
def wrong(truth: dict[str, str]) -> dict[str, str]:
    """A ring that ana calls background: the truth of it, by key."""
    return dict.fromkeys([key for key in list(truth)[:32] if truth[key] == "ring"][2:3], "ring")


@pytest.fixture(scope="module")
def learnt_from(
    described: Path,
    truth: dict[str, str],
    wrong: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Classified with 32 answers of ana, one of them wrong; not to be written to."""
    path = tmp_path_factory.mktemp("suspicious") / "learnt"
    shutil.copytree(described, path)
    campaign = Campaign.open(path)
    said = {key: "background" if key in wrong else truth[key] for key in list(truth)[:32]}
    campaign.record("ana", list(said.items()))
    classify(campaign)
    return path


def copied(path: Path, to: Path) -> Campaign:
    shutil.copytree(path, to)
    return Campaign.open(to)


@pytest.fixture
def learnt(learnt_from: Path, tmp_path: Path) -> Campaign:
    return copied(learnt_from, tmp_path / "campaign")


def hints(campaign: Campaign) -> list[str]:
    return [line for line in describe(campaign).hints if "wrong" in line]


def sit(campaign: Campaign, annotator: str = "ana") -> Session:
    campaign = Campaign.open(campaign.path)
    queue = make_queue(campaign, annotator, which="suspicious")
    return Session(campaign, queue, annotator, interface="test")


def give(session: Session, key: str, label: str) -> None:
    number = [item.key for item in session.queue.items].index(key)
    session.answer(label, [number])


def test_wrong_labels_are_first_in_the_queue_and_told_by_status(
    learnt: Campaign, wrong: dict[str, str]
) -> None:
    found = suspects(learnt)
    assert [found[0].key] == list(wrong)
    assert len(found) == 10  # a tenth of 32, and no fewer than ten
    items = make_queue(learnt, "ana", which="suspicious").items
    assert [item.key for item in items] == [suspect.key for suspect in found]
    suggested = {item.key: item.suggestion for item in items}
    assert {key: suggested[key] for key in wrong} == wrong
    assert [suspect.looks_wrong for suspect in found] == [True] + 9 * [False]
    told = f"1 label may be wrong: cryoal review {learnt.typed} --queue suspicious"
    assert hints(learnt) == [told]


def test_the_queue_is_the_same_where_nothing_was_learnt_since(
    learnt: Campaign, wrong: dict[str, str]
) -> None:
    before = suspects(learnt)  # from classifier.json
    (learnt.path / "classifier.json").unlink()
    assert hints(learnt) == []
    assert suspects(learnt) == before  # found anew


def test_what_is_looked_at_again_and_stays_goes_behind_the_others(
    learnt: Campaign, wrong: dict[str, str]
) -> None:
    first = suspects(learnt)[0]
    session = sit(learnt)
    assert session.shown(0).status == "open"  # although ana answered it before
    session.answer(first.label, [0])
    assert session.shown(0).status == "answered"
    classify(learnt)
    assert suspects(learnt)[-1] == first
    assert hints(learnt) == []
    again = sit(learnt)  # as after a restart
    assert again.shown(len(again.queue.items) - 1).status == "answered"
    assert again.position == 0


def test_another_answer_replaces_ones_own_and_undo_brings_it_back(
    learnt: Campaign, wrong: dict[str, str]
) -> None:
    session = sit(learnt)
    key = next(iter(wrong))
    give(session, key, "ring")
    assert learnt.training_labels()[key] == "ring"
    assert [suspect.key for suspect in suspects(learnt)[:9]].count(key) == 0  # it is dealt with
    session.recall(again=False)
    assert learnt.training_labels()[key] == "background"
    assert session.recall(again=False) is None
    assert session.message == "nothing to undo in suspicious"  # answers of before stand


def test_another_annotators_answer_makes_a_dispute(learnt: Campaign, wrong: dict[str, str]) -> None:
    key = next(iter(wrong))
    give(sit(learnt, "ben"), key, "ring")
    standing = learnt.standing()
    assert standing.disputed == {key: {"ana": "background", "ben": "ring"}}
    assert key in {suspect.key for suspect in suspects(learnt)}  # it can still be gone back to


def test_a_label_that_was_changed_elsewhere_looks_wrong_no_more(
    learnt: Campaign, wrong: dict[str, str]
) -> None:
    assert len(hints(learnt)) == 1
    learnt.record("ana", list(wrong.items()))
    assert hints(learnt) == []


def test_too_few_labels_to_hold_any_out_are_told_in_one_line(
    described: Path, tmp_path: Path, truth: dict[str, str]
) -> None:
    campaign = copied(described, tmp_path / "campaign")
    campaign.record("ana", list(truth.items())[:6])
    with pytest.raises(CampaignError, match=r"^expected 10 labels or more, two .*, found 6$"):
        make_queue(campaign, "ana", which="suspicious")
    classify(campaign)
    assert hints(campaign) == []


@pytest.mark.parametrize("doubts", [None, {"labels": "5f0c"}, {"suspects": [{"key": "x"}]}])
def test_what_an_older_or_a_newer_cryoal_kept_is_found_anew(
    learnt: Campaign, wrong: dict[str, str], doubts: object
) -> None:
    expected = suspects(learnt)
    file: Path = learnt.path / "classifier.json"
    facts = read_json(file)
    if doubts is None:
        del facts["doubts"]
    else:
        facts["doubts"] = doubts
    write_json(file, facts)
    assert hints(learnt) == []
    assert suspects(learnt) == expected
