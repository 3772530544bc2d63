"""Commands in forked children of one warmed-up process, that can be killed at a chosen moment.

The parent imports what commands need and uses none of it: a process that has used tensorstore, or
torch's threads, may not be forked.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Ended", "run", "warm_up"]

CHANGES = {
    *("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.link"),
    *("os.symlink", "shutil.rmtree", "shutil.copyfile", "fcntl.flock"),
}
"""Audited events that change the file system; opening for writing is one too."""

LIMIT = 120.0  # seconds after which a child hangs


@dataclass(frozen=True)
class Ended:
    """How a child ended."""

    code: int
    """Exit code; negative: the signal that killed it."""
    said: str
    """All that it wrote to stdout and stderr."""
    n_changes: int
    """Changes of the file system that it began; 0 when it was killed."""

    @property
    def is_clean(self) -> bool:
        """Whether it succeeded, or refused in one line, without a traceback."""
        return self.code in (0, 2) and "Traceback" not in self.said


def warm_up() -> None:
    """Import what the commands import, so that a child begins at once."""
    import torch

    torch.set_num_threads(1)
    for name in (
        *("cryoal.cli.program", "cryoal.cli.terminal", "cryoal.campaign.campaign"),
        *("cryoal.campaign.cycle", "cryoal.campaign.predictions", "cryoal.campaign.export"),
        *("cryoal.campaign.report.page", "cryoal.data.extract", "cryoal.data.label_file"),
        *("cryoal.browser.page", "cryoal.review.intake", "cryoal.io.picks.read"),
        *("cryoal.models.resnet", "cryoal.companions.student", "cryoal.scoring.distances"),
        *("cryoal.strategies.knowledge_transfer", "cryoal_kernels.ops", "monai.networks.nets"),
        *("torch._dynamo", "torch.distributed", "zarr", "google_crc32c"),
    ):
        import_module(name)


def run(
    work: Callable[[], int],
    output: Path,
    *,
    at_change: int | None = None,
    after_seconds: float | None = None,
) -> Ended:
    """Do `work` in a child, killed just before its change `at_change`, or `after_seconds`."""
    output.unlink(missing_ok=True)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _live(work, output, writer, at_change)
    os.close(writer)
    code = _end_of(child, after_seconds)
    counted = os.read(reader, 64)
    os.close(reader)
    said = output.read_text(errors="replace") if output.exists() else ""
    return Ended(code, said, int(counted or 0))


def _live(work: Callable[[], int], output: Path, told: int, at_change: int | None) -> None:
    code = 99
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
        n_changes = 0

        def listen(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal n_changes
            if _changes(event, arguments):
                n_changes += 1
                if n_changes == at_change:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(listen)
        try:
            code = work()
        except BaseException:  # the promise is that there is none
            import traceback

            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(told, str(n_changes).encode())
    finally:
        os._exit(code)


def _changes(event: str, arguments: tuple[Any, ...]) -> bool:
    if event != "open":
        return event in CHANGES
    _, mode, flags = arguments
    writes = isinstance(mode, str) and any(letter in mode for letter in "wax+")
    return writes or (isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR)))


def _end_of(child: int, after_seconds: float | None) -> int:
    began = time.monotonic()
    is_killed = False
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        passed = time.monotonic() - began
        due = after_seconds is not None and passed >= after_seconds
        if (due or passed > LIMIT) and not is_killed:
            os.kill(child, signal.SIGKILL)
            is_killed = True
            if passed > LIMIT:
                raise TimeoutError(f"a child still ran after {LIMIT:.0f} s")
        time.sleep(0.001)
