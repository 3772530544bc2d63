"""Progress as lines, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.jobs import lines
from cryoal.jobs.lines import Step, in_lines, parse_line
from cryoal.jobs.state import read_output

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Clock:
    """A second passes with each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 1
        return self.now


def said(capsys: pytest.CaptureFixture[str]) -> list[Step]:
    steps = [parse_line(line) for line in capsys.readouterr().err.splitlines()]
    return [step for step in steps if step]


def test_a_loop_says_how_far_it_is_and_what_time_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "time", Clock())
    assert list(in_lines("abcd", "reading")) == list("abcd")
    # begun at 1; after k items it is 1 + k: k seconds for k of 4
    assert said(capsys) == [
        Step("reading", 0, 4, None),
        Step("reading", 1, 4, 3.0),
        Step("reading", 2, 4, 2.0),
        Step("reading", 3, 4, 1.0),
        Step("reading", 4, 4, 0.0),
    ]


def test_a_loop_of_a_million_writes_two_hundred_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "time", Clock())
    for _ in in_lines(range(100_000), "reading"):
        pass
    assert len(said(capsys)) == 201


def test_a_loop_without_an_end_has_no_fraction_and_writes_ever_more_rarely(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "time", Clock())
    for _ in in_lines(iter(range(20_000)), "reading"):
        pass
    steps = said(capsys)
    assert {step.fraction for step in steps} == {None}
    assert 200 < len(steps) < 1500


def test_lines_for_people_and_lines_of_progress_are_told_apart(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text(
        'read it\n\x10{"what": "training", "done": 1, "total": 4, "left": 6}\n'
        'half way\n\x10{"what": "training", "done": 3, "total": 4, "left": 2}\n\x10{"what": "tr'
    )
    output = read_output(log)
    assert (output.text, output.line) == ("read it\nhalf way", "half way")
    assert output.step is not None
    assert output.step.what == ""  # the line that is being written says nothing yet


def test_of_a_long_log_the_end_is_read(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text("".join(f"line {number}\n" for number in range(100_000)))
    output = read_output(log)
    assert output.line == "line 99999"
    assert output.text.startswith("line ")
    assert len(output.text) < 66_000
