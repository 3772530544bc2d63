"""A few kills and flips; ``make reliability`` makes hundreds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("program", "arguments", "said"),
    [
        ("kills", ("--kills", "10"), ": 0 went wrong"),
        ("flips", ("--flips", "14"), "all "),
    ],
)
def test_nothing_is_lost_and_nothing_changes_without_a_word(
    program: str, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    done = subprocess.run(  # a process of its own, because it forks
        [sys.executable, "-m", f"tests.reliability.{program}", *arguments, tmp_path / "scene"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert said in done.stdout
