"""Some hundred changed files of every kind, in a process of their own; see ``make fuzz``."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from cryoal.errors import FileFormatError
from tests.fuzz.attempt import attempt
from tests.fuzz.mutators import mutated

ROOT = Path(__file__).parents[2]
EACH = 12


def test_a_changed_file_is_read_or_refused_in_one_line() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--each", str(EACH)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5_000:] + run.stderr[-5_000:]
    # none of the kinds is refused, or taken, whatever is done to it
    rows = [line.rsplit(maxsplit=6) for line in run.stdout.splitlines()[1:-1]]
    assert len(rows) > 40
    assert sum(int(refused) for _, refused, *_ in rows) > 5 * len(rows)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (FileFormatError("expected x in a.json, found y"), "refused"),
        (FileFormatError("expected x, found y"), "unnamed"),
        (ValueError("bad"), "TRACEBACK"),
        (RecursionError(), "TRACEBACK"),
        (OSError("bad"), "TRACEBACK"),
        (OSError(13, "Permission denied", "a.json"), "refused"),
    ],
)
def test_an_outcome_is_called_what_it_is(raised: Exception, kind: str) -> None:
    def read(path: Path) -> object:
        raise raised

    assert attempt(read, Path("folder"), Path("a.json"), "").kind == kind
    assert attempt(lambda path: 5, Path("folder"), Path("a.json"), "5").kind == "same"
    assert attempt(lambda path: 6, Path("folder"), Path("a.json"), "5").kind == "other"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b'{"a": [1, 2, {"b": "c"}], "check": "00000000"}'),
        ("a.toml", b"a = 1\n[b]\nc = [1.5, 2.5]\n"),
        ("a.csv", b"key,label\nk1,ring\nk2,rod\n"),
        ("a.mrc", bytes(2_048)),
        ("a.bin", b"\x80"),
    ],
)
def test_a_change_is_a_change_and_comes_again_from_its_seed(name: str, content: bytes) -> None:
    changed = [mutated(name, content, random.Random(seed)) for seed in range(50)]
    assert content not in changed
    assert changed == [mutated(name, content, random.Random(seed)) for seed in range(50)]
    assert len(set(changed)) > 10
