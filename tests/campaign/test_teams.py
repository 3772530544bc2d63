"""A campaign trains the companions that its strategy needs, and no others."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TypeVar

import pytest
import torch

from cryoal.campaign.cycle import select
from cryoal.campaign.export import export
from cryoal.campaign.loop import curve
from cryoal.campaign.model import current_team
from cryoal.campaign.predictions import classify, read_predictions
from cryoal.campaign.report.gather import gather
from cryoal.errors import FileFormatError
from cryoal.io.star import read_star
from cryoal.strategies.base import make_strategy
from cryoal.training.checkpoint import load_team, saved_companions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from cryoal.campaign import Campaign

T = TypeVar("T")


@pytest.fixture
def started(campaign: Campaign, truth: dict[str, str]) -> Campaign:
    """A campaign with one answered cycle of 12."""
    keys = select(campaign, 12).keys()
    campaign.record("ann", [(key, truth[key]) for key in keys])
    return campaign


@pytest.mark.parametrize(
    ("strategy", "companions"),
    [
        ("margin", []),
        ("knowledge-transfer", ["student"]),
        ("committee", ["committee"]),
        ("ll4al", ["loss-predictor"]),
    ],
)
def test_only_what_is_needed_is_trained(
    started: Campaign, strategy: str, companions: list[str]
) -> None:
    query = select(started, 5, strategy=strategy)
    assert query.strategy == strategy
    assert saved_companions(started.cycles()[-1]) == companions
    assert saved_companions(started.path / "model") == companions


def test_a_team_that_has_more_is_taken_as_it_is(started: Campaign) -> None:
    """A student does not change the teacher; a loss predictor does."""
    current_team(started, strategy=make_strategy("knowledge-transfer"))
    before = (started.path / "model" / "made_from.json").read_text()
    current_team(started, strategy=make_strategy("margin"))
    assert (started.path / "model" / "made_from.json").read_text() == before
    current_team(started, strategy=make_strategy("ll4al"))
    current_team(started, strategy=make_strategy("margin"))
    assert saved_companions(started.path / "model") == []


def test_the_teacher_is_the_same_with_and_without_a_student(started: Campaign) -> None:
    alone = current_team(started, strategy=make_strategy("margin")).team.teacher.state_dict()
    both = current_team(started, strategy=make_strategy("knowledge-transfer")).team
    assert list(both.companions) == ["student"]
    assert all(torch.equal(v, alone[k]) for k, v in both.teacher.state_dict().items())


def test_without_a_student_there_is_no_disagreement(started: Campaign, tmp_path: Path) -> None:
    select(started, 5, strategy="margin")
    classify(started)
    assert read_predictions(started).disagreement is None
    export(started, "csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        told = {row["cryoalDisagreement"] for row in csv.DictReader(file)}
    assert told == {""}
    export(started, "relion5", tmp_path / "out.star")
    assert "cryoalDisagreement" not in read_star(tmp_path / "out.star")["particles"]


def test_how_boxes_look_is_enough_to_begin_with(campaign: Campaign, truth: dict[str, str]) -> None:
    """Typical boxes of the clusters: each class is met at once, without any label."""
    query = select(campaign, 6, strategy="typiclust")
    assert (query.strategy, query.reason) == ("typiclust", None)
    assert all(asked.score is not None for asked in query.asked)
    keys = query.keys()
    assert len({truth[key] for key in keys}) >= 2
    campaign.record("ann", [(key, truth[key]) for key in keys])
    assert select(campaign, 6, strategy="tcm").strategy == "tcm"


class Listener:
    """What was said, and how many epochs were trained."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.epochs = 0

    def say(self, line: str) -> None:
        self.lines.append(line)

    def track(
        self, items: Iterable[T], what: str, total: int | None = None, unit: str = ""
    ) -> Iterator[T]:
        for item in items:
            self.epochs += what == "training"
            yield item


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("made_from.json", "flipped"),
        ("report.json", "cut short"),
        ("teacher.safetensors", "flipped"),
        ("teacher.safetensors", "gone"),
    ],
)
def test_a_damaged_model_is_made_anew_with_the_same_bits(
    started: Campaign, name: str, damage: str
) -> None:
    strategy = make_strategy("margin")
    before = current_team(started, strategy=strategy).team.teacher.state_dict()
    file = started.path / "model" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(content if damage == "flipped" else content[:-9])
    listener = Listener()
    again = current_team(started, strategy=strategy, progress=listener)
    assert listener.epochs == 2
    assert all(torch.equal(v, before[k]) for k, v in again.team.teacher.state_dict().items())
    if damage != "gone":
        assert any(name in line and "is made anew" in line for line in listener.lines)
    quiet = Listener()
    current_team(started, strategy=strategy, progress=quiet)
    assert (quiet.lines, quiet.epochs) == ([], 0)


@pytest.mark.parametrize(("name", "read"), [("report", curve), ("environment", gather)])
def test_a_damaged_record_of_the_model_says_that_the_folder_may_be_deleted(
    started: Campaign, name: str, read: Callable[[Campaign], object]
) -> None:
    current_team(started, strategy=make_strategy("margin"))
    file = started.path / "model" / f"{name}.json"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)
    with pytest.raises(FileFormatError, match=rf"{name}\.json.*; or delete .*/model: it is made"):
        read(started)


def test_damaged_weights_of_a_cycle_are_named(started: Campaign) -> None:
    select(started, 5, strategy="margin")
    file = started.cycles()[-1] / "teacher.safetensors"
    content = bytearray(file.read_bytes())
    content[-5] ^= 64
    file.write_bytes(content)
    with pytest.raises(
        FileFormatError, match=r"expected .*cycle_001/teacher\.safetensors as it was written"
    ):
        load_team(file.parent, started.config)
