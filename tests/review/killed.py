"""A robot that labels and is killed again and again; run by ``test_killed.py`` as a program.

Usage: ``python -m tests.review.killed CAMPAIGN SHADOW LIVES``. Both are copies of one campaign. In
each life a process of its own presses keys in CAMPAIGN and says so after each; it is killed at a
random moment. The same keys are pressed in SHADOW, which nobody kills.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from cryoal.campaign import Campaign
from cryoal.review.queue import make_queue
from cryoal.review.session import Session

KEYS = ["1", "2", "3", "u", "s", "f", "z", "z", "Shift+z", "Shift+ArrowRight", "ArrowLeft"]


def sit(path: Path) -> Session:
    campaign = Campaign.open(path)
    return Session(campaign, make_queue(campaign, "robot"), "robot", interface="robot")


def told_by(journal: Path) -> list[dict[str, object]]:
    """The lines without what no two runs share: times, and the random names of sittings."""
    sittings: list[str] = []
    lines = []
    content = journal.read_text() if journal.exists() else ""
    for text in content.split("\n")[:-1]:  # what follows the last line break is torn
        line = json.loads(text)
        if "sitting" in line:
            sittings.append(line["sitting"])
            line["sitting"] = len(sittings)
        for name in ("press", "undo", "redo"):
            if name in line:
                sitting, number = line[name].split("-")
                line[name] = (sittings.index(sitting), number)
        lines.append({k: v for k, v in line.items() if k not in ("time", "seconds", "check")})
    return lines


def keys_of(life: int) -> list[str]:
    return np.random.default_rng(life).choice(KEYS, 5000).tolist()


def robot(path: Path, life: int, said: int) -> None:
    session = sit(path)
    for key in keys_of(life):
        session.press(key)
        os.write(said, b".")


def live(path: Path, life: int, seconds: float) -> int:
    """Let a robot label for so long after its first press; how many presses it told of."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            robot(path, life, writer)
        finally:
            os._exit(1)
    os.close(writer)
    told = len(os.read(reader, 1))
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    while more := os.read(reader, 65536):
        told += len(more)
    os.close(reader)
    return told


def _put(journal: Path, content: bytes | None) -> None:
    if content is None:
        journal.unlink(missing_ok=True)
    else:
        journal.write_bytes(content)


def main() -> None:
    path, shadow, lives = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    journal = path / "labels" / "robot.jsonl"
    moments = np.random.default_rng(os.getpid())
    told: list[int] = []
    left: list[bytes | None] = []
    for life in range(lives):  # first all of them: who has used tensorstore may not fork
        told.append(live(path, life, float(moments.uniform(0, 0.04))))
        left.append(journal.read_bytes() if journal.exists() else None)
    n_in_flight = 0
    for life in range(lives):
        _put(journal, left[life])
        sit(path)  # it can be read
        expected, keys = sit(shadow), keys_of(life)
        for key in keys[: told[life]]:
            expected.press(key)
        if told_by(journal) != told_by(shadow / "labels" / "robot.jsonl"):
            expected.press(keys[told[life]])  # the last press had reached the disk all the same
            n_in_flight += 1
            found = told_by(journal)
            assert found == told_by(shadow / "labels" / "robot.jsonl"), f"life {life}: {found[-3:]}"
    print(f"{lives} lives, {sum(told)} presses told of, {n_in_flight} more on the disk")


if __name__ == "__main__":
    main()
