"""Ctrl-C and SIGTERM: one exception for both, which nobody takes for something else."""

from __future__ import annotations

import _thread
import os
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["STOPPED", "Stopped", "Watch", "stoppable"]

STOPPED = "stopped; nothing is half-written, and the same command begins again or goes on"
PATIENCE = 10.0  # seconds for what has begun to end: a batch of boxes, a temporary file
TOGETHER = 1.0  # seconds in which a second signal is the first one again, as `timeout` sends it


class Stopped(BaseException):
    """The process was asked to end.

    It is no KeyboardInterrupt, which typer and others answer by themselves.

    Attributes
    ----------
    code
        What the process ends with: 130 after Ctrl-C (SIGINT), 143 after SIGTERM.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


@contextmanager
def stoppable(*, for_good: bool) -> Iterator[Watch]:
    """Let SIGINT and SIGTERM raise :class:`Stopped` where the main thread is, once.

    What is still at work `PATIENCE` seconds later (a thread, a lost exception) is ended with the
    process, and so it is when a signal comes again. On other threads, and for signals that the
    process was started to ignore (``nohup``), nothing changes.

    Parameters
    ----------
    for_good
        Whether the process ends with the block; else the former handlers come back.
    """
    watch = Watch()
    former = watch.begin()
    try:
        yield watch
    finally:
        if not for_good:
            watch.end(former)


class Watch:
    """Whether the process was asked to end, and with which code it should.

    The exception alone does not tell: where a signal meets the beginning of an extension module,
    what comes out is that module's ImportError.
    """

    def __init__(self) -> None:
        self.code: int | None = None
        self._since: float | None = None
        self._is_over = False

    def begin(self) -> dict[int, object]:
        """Take the two signals; the handlers that they had."""
        former: dict[int, object] = {}
        for number, handler in (
            (signal.SIGINT, self._asked),
            (signal.SIGTERM, self._passed_on),
        ):
            known = signal.getsignal(number)
            if known is signal.SIG_IGN:
                continue
            try:
                signal.signal(number, handler)
            except ValueError:  # not the main thread
                return {}
            former[number] = known
        return former

    def end(self, former: dict[int, object]) -> None:
        """Give the two signals back."""
        self._is_over = True
        for number, handler in former.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _passed_on(self, number: int, frame: FrameType | None) -> None:
        """Do for SIGTERM what is done for SIGINT: a window's loop has an answer of its own."""
        handler = signal.getsignal(signal.SIGINT)
        (handler if callable(handler) else self._asked)(number, frame)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._since is None:
            self._since = now
            self.code = 128 + number
            # not threading.Thread: its lock may be held by what is interrupted here
            _thread.start_new_thread(self._insist, (128 + number,))
            raise Stopped(number)
        if now - self._since > TOGETHER:
            _end(128 + number)

    def _insist(self, code: int) -> None:
        time.sleep(PATIENCE)
        if not self._is_over:
            _end(code)


def _end(code: int) -> None:
    os.write(2, f"cryoal: {STOPPED}\n".encode())
    os._exit(code)
