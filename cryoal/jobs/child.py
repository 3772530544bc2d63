"""What the process of a job does beside its command: say how far it is, and how it ended."""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LINES", "VARIABLE", "as_job"]

VARIABLE = "CRYOAL_JOB"
"""Tells a process that it is a job: ``DESCRIPTOR:NAME``, of its slot and its own."""

LINES = "CRYOAL_PROGRESS"
"""``lines``: progress is written as lines of text, not drawn as bars."""


@contextmanager
def as_job() -> Iterator[Callable[[int], None]]:
    """For a process that was started as one: be a job, and note its end with the code given.

    Any other process passes through.
    """
    told = os.environ.pop(VARIABLE, "")  # a command that this one starts is no job
    if not told:
        yield lambda code: None
        return
    from cryoal.jobs.process import began_at
    from cryoal.jobs.slot import write_record

    descriptor, _, name = told.partition(":")
    slot, process = int(descriptor), os.getpid()
    os.set_inheritable(slot, False)
    whose = {"job": name, "process": process, "ticks": began_at(process)}
    # whoever started it may ignore Ctrl-C, as what runs behind a shell does
    signal.signal(signal.SIGINT, signal.default_int_handler)
    write_record(slot, **whose)  # from here on it can be told to stop
    out = _Log(1)
    sys.stdout = sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(out, 1), "utf-8", "backslashreplace", write_through=True
    )

    def ended(code: int) -> None:
        from cryoal.records import now

        write_record(slot, **whose, code=code, ended=now(), line=out.last_line())

    try:
        yield ended
    except BaseException as error:
        import traceback

        traceback.print_exc()
        ended(128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1)
        raise SystemExit(1) from error


class _Log(io.RawIOBase):
    """Where the command prints to; a full disk takes the words, not the command."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._end = b""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: object) -> int:
        content = bytes(data)  # type: ignore[call-overload]
        with suppress(OSError):
            os.write(self._descriptor, content)
        self._end = (self._end + content)[-2000:]
        return len(content)

    def last_line(self) -> str:
        """The last line that was for people."""
        from cryoal.jobs.lines import MARK

        lines = self._end.decode("utf-8", "replace").splitlines()
        return next((x for x in reversed(lines) if x.strip() and not x.startswith(MARK)), "")
