"""Work that is spread over processes ends with the one who asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import sys
from cryoal.progress import SILENT
from cryoal.signals import Stopped, stoppable
from cryoal.simulate.workers import run_tasks
from tests.simulate.test_workers import sleep
if __name__ == "__main__":
    with stoppable(for_good=True):
        run_tasks(sleep, [f"{sys.argv[1]}/{i}" for i in range(3)], 2, "naps", SILENT)
"""


def sleep(note: str) -> None:
    """Leave the number of the process, and stay."""
    with open(note + ".tmp", "w") as file:  # noqa: PTH123
        file.write(str(os.getpid()))
    os.rename(note + ".tmp", note)  # noqa: PTH104
    time.sleep(600)


def test_processes_end_with_the_one_who_was_stopped(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], stderr=-3)
    notes = [tmp_path / "0", tmp_path / "1"]
    while not all(note.exists() for note in notes):
        assert process.poll() is None
        time.sleep(0.01)
    children = [int(note.read_text()) for note in notes]
    os.kill(children[0], signal.SIGINT)  # as a terminal does: it is not theirs to answer
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    while any(_is_alive(child) for child in children):
        time.sleep(0.01)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as file:  # noqa: PTH123
        return file.read().rpartition(")")[2].split()[0] != "Z"
