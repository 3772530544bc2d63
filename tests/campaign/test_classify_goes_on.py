"""A classification that was killed goes on where it was, to the same bytes."""

from __future__ import annotations

import pickle
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.campaign import Campaign, classifying, predictions
from cryoal.campaign.classifier import current_classifier
from cryoal.campaign.classifying import Classifying
from cryoal.campaign.loop import simulate
from cryoal.campaign.novelty import novelty_of
from cryoal.campaign.predictions import classify
from cryoal.campaign.rows_so_far import RowsSoFar
from cryoal.scoring import looking
from tests.campaign.test_classifier import fresh, started
from tests.campaign.test_teams import Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryoal.testing.phantoms import PhantomFiles

__all__ = ["fresh", "started"]

SPAN = 8  # of 36 boxes
KILLED = """
import os, signal, sys
from cryoal.campaign import Campaign, classifying
from cryoal.campaign.predictions import classify
from cryoal.campaign.rows_so_far import RowsSoFar
classifying.ROWS = 8
fill = RowsSoFar.fill
def some(self, *others):
    for number, span in enumerate(fill(self, *others)):
        if number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        yield span
RowsSoFar.fill = some
classify(Campaign.open(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def _short_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifying, "ROWS", SPAN)
    monkeypatch.setattr(looking, "MOST", SPAN)
    monkeypatch.setattr(looking, "FEWEST", SPAN)


@pytest.fixture
def with_pair(campaign: Campaign, phantoms: PhantomFiles) -> Campaign:
    """A campaign whose pair is trained."""
    simulate(campaign, phantoms.truth, cycles=1, m=15)
    current_classifier(campaign)
    return campaign


def kill(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    del monkeypatch
    done = subprocess.run([sys.executable, "-c", KILLED, campaign.path], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def stop(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    fill = RowsSoFar.fill

    def some(self: RowsSoFar, *others: Any) -> Iterator[tuple[int, int]]:
        for number, span in enumerate(fill(self, *others)):
            if number == 2:
                raise KeyboardInterrupt
            yield span

    with monkeypatch.context() as patched:
        patched.setattr(RowsSoFar, "fill", some)
        with pytest.raises(KeyboardInterrupt):
            classify(campaign)


@pytest.mark.parametrize(("which", "end"), [("started", kill), ("with_pair", stop)])
def test_it_goes_on_after_a_kill_to_the_same_bytes(
    which: str,
    end: Callable[[Campaign, pytest.MonkeyPatch], None],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign: Campaign = request.getfixturevalue(which)
    shutil.copytree(campaign.path, tmp_path / "whole")
    other = Campaign.open(tmp_path / "whole")
    classify(other)
    wanted = (other.path / "predictions.csv").read_bytes()
    end(campaign, monkeypatch)
    assert not (campaign.path / "predictions.csv").exists()
    looked: list[int] = []
    of = Classifying.of

    def watched(self: Classifying, start: int, stop: int) -> dict[str, np.ndarray]:
        looked.append(start)
        return of(self, start, stop)

    monkeypatch.setattr(Classifying, "of", watched)
    listener = Listener()
    classify(campaign, progress=listener)
    assert looked == [24, 32]
    assert (campaign.path / "predictions.csv").read_bytes() == wanted
    assert "24 of 36 boxes were classified before: it goes on from there" in listener.lines
    assert not (campaign.path / predictions.FOLDER).exists()


def test_what_was_told_with_other_labels_is_made_anew(
    started: Campaign, truth: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(predictions, "_writing", _no_disk)
        with pytest.raises(OSError, match="no space left"):
            classify(started)
    assert (started.path / predictions.FOLDER).exists()
    key = next(k for k in started.pool.keys if k not in started.training_labels())
    started.record("ann", [(key, truth[key])])
    shutil.copytree(started.path, tmp_path / "other")
    shutil.rmtree(tmp_path / "other" / predictions.FOLDER)
    other = Campaign.open(tmp_path / "other")
    listener = Listener()
    classify(started, progress=listener)
    classify(other)
    assert not any("were classified before" in line for line in listener.lines)
    one, two = (each.path / "predictions.csv" for each in (started, other))
    assert one.read_bytes() == two.read_bytes()


def _no_disk(*_: object) -> None:
    raise OSError("no space left")


@pytest.mark.parametrize("which", ["started", "with_pair"])
def test_the_work_says_the_same_where_it_is_sent(
    which: str, request: pytest.FixtureRequest
) -> None:
    campaign: Campaign = request.getfixturevalue(which)
    classifier = current_classifier(campaign)
    labels = campaign.training_labels()
    work = Classifying(campaign, classifier, novelty_of(campaign, classifier, labels))
    here = work.of(8, 16)
    sent = pickle.loads(pickle.dumps(work))
    assert list(here) == list(work.told)
    for name, values in sent.of(8, 16).items():
        np.testing.assert_array_equal(values, here[name])
    assert sent.made_from() == work.made_from()
