"""The bar with programs that do what a command may do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from cryoal.jobs.job import Job
from cryoal.napari_plugin.job_bar import JobBar
from tests.jobs.stub import FOR_EVER, PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cryoal.jobs.state import State


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    begin = partial(Job.start, program=PROGRAM)
    monkeypatch.setattr(Job, "start", begin)
    yield tmp_path
    job = Job.current(tmp_path)
    if job is not None:
        job.cancel()
        job.wait(20)


@pytest.fixture
def bar(qtbot: QtBot) -> JobBar:
    bar = JobBar()
    qtbot.addWidget(bar)
    return bar


def heard(bar: JobBar) -> list[State]:
    states: list[State] = []
    bar.ended.connect(states.append)
    return states


def test_a_command_is_followed_to_its_end_and_what_it_printed_is_there(
    bar: JobBar, folder: Path, qtbot: QtBot
) -> None:
    states = heard(bar)
    assert bar.start(folder, ("stub", "print('12 boxes')"))
    qtbot.waitUntil(lambda: bool(states), timeout=20_000)
    assert [state.kind for state in states] == ["done"]
    assert bar.line.text().endswith(": done; 12 boxes")
    assert bar.output.toPlainText().strip() == "12 boxes"
    assert bar.bar.isHidden()
    assert not bar.is_running


def test_one_that_fails_says_its_last_line(bar: JobBar, folder: Path, qtbot: QtBot) -> None:
    states = heard(bar)
    bar.start(folder, ("stub", "print('expected labels, found none'); code = 1"))
    qtbot.waitUntil(lambda: bool(states), timeout=20_000)
    assert states[0].kind == "failed"
    assert bar.line.text().endswith(": failed; expected labels, found none")


def test_another_window_follows_it_and_may_stop_it_and_starts_no_second_one(
    bar: JobBar, folder: Path, qtbot: QtBot
) -> None:
    first, other = JobBar(), bar
    began: list[int] = []
    other.began.connect(lambda: began.append(1))
    first.start(folder, ("stub", FOR_EVER))
    qtbot.waitUntil(lambda: "begun" in first.line.text(), timeout=20_000)
    first.deleteLater()  # the window is closed
    other.watch(folder)
    assert (other.is_running, began) == (True, [1])
    assert not other.start(folder, ("stub", "print(1)"))
    assert "expected no other job" in other.line.text()
    states = heard(other)
    qtbot.mouseClick(other.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(states), timeout=20_000)
    assert states[0].kind == "cancelled"


def test_a_command_that_was_over_before_is_no_news(bar: JobBar, folder: Path, qtbot: QtBot) -> None:
    Job.start(folder, ("stub", "print(1)")).wait(20)
    states = heard(bar)
    bar.watch(folder)
    qtbot.wait(10)
    assert (states, bar.line.text(), bar.isHidden()) == ([], "", True)
