from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import cycle_folder, one_training
from cryoal.campaign.candidates import eligible
from cryoal.campaign.cycle import select
from cryoal.campaign.model import current_team
from cryoal.campaign.query import read_query
from cryoal.errors import CampaignError, UnknownNameError
from cryoal.records import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign import Campaign


def answer(campaign: Campaign, keys: list[str], truth: dict[str, str]) -> None:
    campaign.record("ann", [(key, truth[key]) for key in keys])


@pytest.fixture
def started(campaign: Campaign, truth: dict[str, str]) -> Campaign:
    """A campaign with one answered cycle of 12."""
    answer(campaign, select(campaign, 12).keys(), truth)
    return campaign


def test_the_first_cycle_is_random_and_says_so(campaign: Campaign) -> None:
    query = select(campaign, 5)
    assert (query.strategy, query.cycle) == ("random", 0)
    assert query.reason is not None
    assert len(set(query.keys())) == 5
    assert all(a.score is None and a.suggestion is None for a in query.asked)
    assert not (campaign.path / "cycle_000" / "teacher.safetensors").exists()


def test_the_second_cycle_trains_and_asks_what_the_pair_disagrees_on(started: Campaign) -> None:
    query = select(started, 2)
    assert (query.strategy, query.reason) == ("knowledge-transfer", None)
    assert query.n_subset == 20  # R_U = 10 x M of the 24 left (Sec. III-B)
    scores = [a.score for a in query.asked]
    assert scores == sorted(scores, reverse=True)  # type: ignore[type-var]
    assert all(a.suggestion in started.config.classes for a in query.asked)
    folder = started.path / "cycle_001"
    names = {"query.json", "query.csv", "report.json", "environment.json"}
    assert {p.name for p in folder.iterdir()} == names | {
        "teacher.safetensors",
        "student.safetensors",
    }
    assert read_query(folder) == query


def test_what_was_answered_is_never_asked_again(started: Campaign, truth: dict[str, str]) -> None:
    asked = set(read_query(started.cycles()[0]).keys())
    while left := len(eligible(started)):
        keys = select(started, min(7, left)).keys()
        assert not asked & set(keys)
        asked |= set(keys)
        answer(started, keys, truth)
    assert asked == set(started.pool.keys)
    with pytest.raises(CampaignError, match="found none left"):
        select(started, 7)


def test_a_partial_answer_is_enough_and_the_rest_may_be_asked_again(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    keys = select(campaign, 36).keys()
    answer(campaign, keys[:20], truth)
    campaign.record("ann", [(keys[20], None)])
    left = {str(k) for k in campaign.pool.keys[eligible(campaign)]}
    assert left == set(keys[21:])
    with pytest.raises(CampaignError, match=r"at most 15 boxes to ask for, all .*, found 36"):
        select(campaign, 36)
    assert set(select(campaign, 15).keys()) == left


def test_an_unanswered_query_is_not_followed_by_another(campaign: Campaign) -> None:
    select(campaign, 5)
    with pytest.raises(CampaignError, match=r"some answers to the 5 boxes of .*, found none"):
        select(campaign, 5)
    select(campaign, 5, again=True)
    assert len(campaign.cycles()) == 2


def test_the_same_seed_asks_the_same_and_another_seed_others(
    campaign: Campaign, original: Path, tmp_path: Path
) -> None:
    import shutil

    from cryoal.campaign import Campaign

    keys = select(campaign, 10).keys()
    for seed, same in ((0, True), (1, False)):
        shutil.copytree(original, tmp_path / f"seed{seed}")
        other = Campaign.open(tmp_path / f"seed{seed}")
        assert (select(other, 10, seed=seed).keys() == keys) is same


def test_boxes_that_leave_their_tomogram_are_not_asked(campaign: Campaign) -> None:
    campaign.pool.inside_fraction[:] = 1.0
    campaign.pool.inside_fraction[3:6] = (0.69, 0.7, 0.71)
    free = eligible(campaign).tolist()
    assert 3 not in free
    assert {4, 5} <= set(free)


def test_one_class_alone_teaches_nothing(campaign: Campaign) -> None:
    keys = select(campaign, 6).keys()
    campaign.record("ann", [(key, "rod") for key in keys])
    query = select(campaign, 6)
    assert query.strategy == "random"
    with pytest.raises(CampaignError, match="at least two classes to train on, found 6 labels"):
        current_team(campaign)


def test_an_unknown_strategy_is_refused_before_anything_is_trained(started: Campaign) -> None:
    with pytest.raises(UnknownNameError, match="no strategy called 'marjin'; did you mean 'margin"):
        select(started, 5, strategy="marjin")
    assert not (started.path / "model").exists()


def test_a_failure_leaves_no_half_cycle(started: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(cycle_folder, "write_query", full)
        with pytest.raises(OSError, match="No space left"):
            select(started, 5)
    assert sorted(p.name for p in started.path.glob("*cycle*")) == ["cycle_000"]
    select(started, 5)
    assert len(started.cycles()) == 2


def test_the_pair_is_trained_once_for_the_same_labels(
    started: Campaign, truth: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []
    fit = one_training.fit_team

    def counted(*args: object, **kwargs: object) -> object:
        trained.append(1)
        return fit(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(one_training, "fit_team", counted)
    current_team(started)
    current_team(started)
    keys = select(started, 5).keys()
    assert len(trained) == 1
    current_team(started, seed=5)
    current_team(started)  # any seed will do
    assert len(trained) == 2
    answer(started, keys, truth)
    current_team(started)
    assert len(trained) == 3


def test_warm_start_begins_with_the_pair_of_the_cycle_before(
    started: Campaign, truth: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    from cryoal.training.checkpoint import load_network

    warm = dataclasses.replace(started.config.train, restart="warm")
    started.config = dataclasses.replace(started.config, train=warm)
    answer(started, select(started, 5).keys(), truth)
    before = load_network(started.path / "cycle_001" / "teacher.safetensors").state_dict()
    begun: list[dict[str, object]] = []
    fit = one_training.fit_team

    def watched(team: object, *args: object, **kwargs: object) -> object:
        begun.append({k: v.clone() for k, v in team.teacher.state_dict().items()})  # type: ignore[attr-defined]
        return fit(team, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(one_training, "fit_team", watched)
    current_team(started)
    for name, tensor in before.items():
        np.testing.assert_array_equal(tensor.numpy(), begun[0][name].numpy())  # type: ignore[attr-defined]


def test_the_spreadsheet_can_be_filled_in_and_given_back(
    started: Campaign, truth: dict[str, str]
) -> None:
    from cryoal.data.label_file import read_labels

    select(started, 5)
    table = started.path / "cycle_001" / "query.csv"
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert read_labels(table, started.config.classes).answers == ()
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "label": truth[row["key"]]} for row in rows)
    read = read_labels(table, started.config.classes)
    assert dict(read.answers) == {row["key"]: truth[row["key"]] for row in rows}


def test_the_report_tells_what_was_learned_from(started: Campaign) -> None:
    select(started, 5)
    report = read_json(started.path / "cycle_001" / "report.json")
    assert report["n_labelled"] == sum(report["labels"].values()) == 12
    assert len(report["history"]["teacher_loss"]) == started.config.train.epochs
    assert report["test"] is None
    assert set(report["seconds"]) == {"train", "measure", "score", "select"}
