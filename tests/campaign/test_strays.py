"""Copies, empty folders and litter in a campaign: passed over, or named before anything is done."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pytest

from cryoal.campaign.campaign import Campaign
from cryoal.campaign.checkup import check_up
from cryoal.campaign.cycle import select
from cryoal.campaign.status import describe
from cryoal.config import make_config
from cryoal.data.arrays import write_group
from cryoal.data.extract import extract
from cryoal.data.key_index import KeyIndex
from cryoal.errors import CampaignError, FileFormatError, UnknownKeyError
from cryoal.io.picks.read import read_picks
from tests.data.samples import forbid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cryoal.testing.phantoms import PhantomFiles

T = TypeVar("T")


class Listener:
    """Who keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def track(
        self, items: Iterable[T], what: str, total: object = None, unit: str = ""
    ) -> Iterator[T]:
        yield from items

    def say(self, line: str) -> None:
        self.said.append(line)


@pytest.fixture
def started(campaign: Campaign, truth: dict[str, str]) -> Campaign:
    """One answered cycle of 12; of one class, so that no training comes before the next."""
    keys = select(campaign, 12).keys()
    campaign.record("ana", [(key, "ring") for key in keys])
    return campaign


@pytest.mark.parametrize("stray", ["cycle_000 (copy)", "cycle_000.bak", "cycle_0000", "cycle_"])
def test_copies_of_a_cycle_under_other_names_are_passed_over(started: Campaign, stray: str) -> None:
    shutil.copytree(started.path / "cycle_000", started.path / stray)
    assert [folder.name for folder in started.cycles()] == ["cycle_000"]
    assert select(started, 2).cycle == 1


def test_a_copy_under_the_name_of_another_cycle_is_named(started: Campaign) -> None:
    shutil.copytree(started.path / "cycle_000", started.path / "cycle_005")
    line = r"expected a folder cycle_000 around its query, found .*/cycle_005: a copy\? Move it"
    with pytest.raises(FileFormatError, match=line):
        select(started, 2)
    with pytest.raises(FileFormatError, match=line):
        describe(started)


def test_an_empty_cycle_is_none(started: Campaign) -> None:
    (started.path / "cycle_001").mkdir()
    (started.path / "cycle_007").mkdir()
    assert select(started, 2).cycle == 1
    assert (started.path / "cycle_001" / "query.json").is_file()


def test_a_cycle_without_its_query_is_named_before_any_training(
    started: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(started.path / "cycle_000", started.path / "cycle_001")
    (started.path / "cycle_001" / "query.json").unlink()
    monkeypatch.setattr("cryoal.campaign.classifier.current_classifier", pytest.fail)
    with pytest.raises(CampaignError, match=r"no cycle_001 yet, found one without its query"):
        select(started, 2)


def test_a_gap_in_the_numbers_is_gone_on_behind(started: Campaign) -> None:
    assert select(started, 2).cycle == 1
    shutil.rmtree(started.path / "cycle_000")
    assert select(started, 2, again=True).cycle == 2


def test_cycles_that_may_not_be_listed_are_not_absent(
    started: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch, started.path)
    with pytest.raises(PermissionError):
        started.next_cycle()


def test_status_tells_of_a_part_that_is_missing(started: Campaign) -> None:
    pool = started.pool_path
    (pool / "part_0000").rename(pool / "part_0001")
    again = Campaign.open(started.path)
    assert describe(again).lost == [f"part_0000 is missing from {pool}"]
    assert f"missing   part_0000 is missing from {pool}" in describe(again).lines()


def test_a_part_is_missed_that_was_the_last_one(phantoms: PhantomFiles, tmp_path: Path) -> None:
    here = tmp_path / "two parts"
    campaign = Campaign.create(here, make_config(phantoms.classes, "laptop", ["pool.box=8"]))
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    for path in phantoms.tomograms:
        extract(campaign.pool_path, [path], picks, box=8)
        assert describe(Campaign.open(here)).lost == []
    shutil.rmtree(campaign.pool_path / "part_0001")
    line = f"part_0001 is missing from {campaign.pool_path}"
    assert describe(Campaign.open(here)).lost == [line]
    extract(campaign.pool_path, phantoms.tomograms[1:], picks, box=8)
    assert describe(Campaign.open(here)).lost == []


def test_a_pool_that_does_not_tell_how_many_parts_it_had_misses_none(started: Campaign) -> None:
    write_group(started.pool_path, {})
    assert describe(Campaign.open(started.path)).lost == []


def test_answers_that_were_there_are_missed_before_others_are_learned(
    started: Campaign,
) -> None:
    assert select(started, 2, again=True).n_labelled > 0
    assert describe(started).lost == []
    for journal in (started.path / "labels").glob("*.jsonl"):
        journal.unlink()
    (line,) = describe(Campaign.open(started.path)).lost
    assert "0 boxes are answered" in line
    assert "is a journal missing from" in line
    assert line in check_up(started.path).notes
    heard = Listener()
    select(started, 2, again=True, progress=heard)
    assert line in heard.said


def test_labels_of_a_part_that_is_missing_say_so(
    started: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = started.pool_path
    (pool / "part_0000").rename(pool / "part_0001")
    again = Campaign.open(started.path)
    monkeypatch.setattr(again.pool, "keys", again.pool.keys[:0])
    monkeypatch.setattr(again.pool, "_rows", KeyIndex(np.array([], object)))
    with pytest.raises(UnknownKeyError, match=r"ana\.jsonl \(part_0000 of the pool is missing\)"):
        again.standing()


KILLED = """
import os, signal, sys
from pathlib import Path
from cryoal.records import replacing
for name in ("predictions.csv", "model/made_from.json", "labels/x.jsonl", "cycle_000/query.csv"):
    if os.fork() == 0:
        with replacing(Path(sys.argv[1], name)):
            os.kill(os.getpid(), signal.SIGKILL)
    os.wait()
"""


def test_whoever_holds_the_campaign_clears_what_killed_processes_left(started: Campaign) -> None:
    def litter() -> list[Path]:
        return [p for p in started.path.rglob(".*") if "tmp" in p.name or "staged" in p.name]

    subprocess.run([sys.executable, "-c", KILLED, str(started.path)], check=True)
    for name in (".cycle_001.tmp", "pool.zarr/.staged_0001"):
        (started.path / name / "boxes").mkdir(parents=True)
    assert len(litter()) == 6
    with started.busy("select"):
        assert litter() == []
