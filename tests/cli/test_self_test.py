"""``cryoal doctor --self-test``; ``tests/wheel.sh`` goes the whole path, by the built wheel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cryoal.cli import main, self_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest


def with_steps(
    monkeypatch: pytest.MonkeyPatch, *steps: tuple[str, Callable[[], str | None]]
) -> list[Path]:
    seen: list[Path] = []

    def given(folder: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
        seen.append(folder)
        (folder / "file").write_text("of a step")
        yield from steps

    monkeypatch.setattr(self_test, "_steps", given)
    return seen


def broken() -> str | None:
    raise RuntimeError("a library\nthat is too old")


def test_it_stops_at_the_first_failure_names_it_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []
    steps = (
        ("first", lambda: print("hidden")),
        ("second", broken),
        ("third", lambda: done.append("")),
    )
    folders = with_steps(monkeypatch, *steps)
    assert main(["doctor", "--self-test"]) == 2
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("ok      first (")
    assert second.startswith("failed  second (")
    assert second.endswith(": RuntimeError: a library that is too old")
    assert last.startswith("failed (")
    assert not done
    assert not folders[0].exists()


def test_a_step_that_finds_too_little_right_fails_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "truth.csv").write_text("key,label\na,ring\nb,rod\nc,rod\n")
    table = "key,class,decided_by\na,ring,classifier\nb,ring,classifier\nc,ring,expert\n"
    (tmp_path / "predictions.csv").write_text(table)
    step = "classes", lambda: self_test._right(tmp_path, tmp_path / "truth.csv")
    with_steps(monkeypatch, step)
    assert main(["doctor", "--self-test", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["failed"]
    assert told["steps"][0]["problem"] == "expected 90% of the boxes right or more, found 50%"


def test_where_all_is_well_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_steps(monkeypatch, ("all", lambda: None))
    assert main(["doctor", "--self-test"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "all is well (0 s)"
