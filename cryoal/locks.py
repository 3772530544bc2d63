"""One writer at a time: a lock on a file, which goes with the process that holds it."""

from __future__ import annotations

import errno
import os
import threading
import time
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from typing import TYPE_CHECKING

from cryoal.errors import LockError, LockHeldError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PATIENCE", "locked", "making"]

PATIENCE = 10.0
"""Seconds that a writer waits for another one; nobody holds a journal for a tenth of it."""

PAUSE = 0.02  # seconds between two tries
_MAY_NOT = (errno.EROFS, errno.EACCES, errno.EPERM)
_HELD = (errno.EAGAIN, errno.EACCES)  # some file systems say the second


@contextmanager
def locked(path: Path, seconds: float = PATIENCE) -> Iterator[None]:
    """Hold the lock on `path`, a file made for nothing else, while the block runs.

    It is ``flock``, and nothing else where that is missing: a file whose being there means "held"
    would be held for ever by whoever was killed, or by a copy from another disk. The file stays.
    The lock is the process's, so one that was killed holds nothing. It is asked for on a thread of
    its own, because a network disk without its lock server does not answer at all.

    Parameters
    ----------
    path
        The lock file; its folder is there.
    seconds
        How long to wait while another process holds it; 0: not at all.

    Raises
    ------
    LockHeldError
        Another process holds it, and did for all that time.
    LockError
        The folder may not be written to; the disk cannot lock, or does not answer; names the file.
    OSError
        The file cannot be made, because the disk is full for instance.
    """
    asking = _Asking(path, seconds)
    try:
        asking.wait()
    except BaseException:
        asking.give_up()
        raise
    try:
        yield
    finally:
        asking.release()


class _Asking:
    """A lock asked for on a thread, which owns the open file until it has an answer."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._path = path
        self._seconds = seconds
        self._descriptor = _open(path)
        self._turn = threading.Lock()
        self._is_given_up = False
        self._answer: bool | OSError | None = None
        self._thread = threading.Thread(target=self._ask, daemon=True, name="cryoal-lock")
        self._thread.start()

    def wait(self) -> None:
        """Return with the lock, or say why not."""
        self._thread.join(max(self._seconds, PATIENCE) + 1)
        if self._answer is None:
            raise LockError(
                f"expected the lock {self._path}, found a disk that does not answer: does it know "
                "locks (flock)? Nothing was written"
            )
        if isinstance(self._answer, OSError):
            raise LockError(
                f"expected a disk that knows locks (flock), found {self._answer.strerror} for "
                f"{self._path}; nothing was written"
            ) from self._answer
        if not self._answer:
            since = f" for {self._seconds:g} s" if self._seconds else ""
            raise LockHeldError(
                f"expected the lock {self._path}, found it held by another process{since}; "
                "nothing was written"
            )

    def give_up(self) -> None:
        """Want the lock no more; a thread that still asks closes the file when it is done."""
        with self._turn:
            self._is_given_up = True
            if self._answer is not None:
                os.close(self._descriptor)  # which frees a lock that was had

    def release(self) -> None:
        """Give the lock back."""
        try:
            flock(self._descriptor, LOCK_UN)  # a child that was forked has the file open too
        finally:
            os.close(self._descriptor)

    def _ask(self) -> None:
        answer: bool | OSError
        try:
            answer = self._try_until(time.monotonic() + self._seconds)
        except OSError as error:
            answer = error
        with self._turn:
            if self._is_given_up:
                os.close(self._descriptor)
            else:
                self._answer = answer

    def _try_until(self, deadline: float) -> bool:
        while True:
            try:
                flock(self._descriptor, LOCK_EX | LOCK_NB)
            except OSError as error:
                if error.errno not in _HELD:
                    raise
            else:
                return True
            if self._is_given_up or time.monotonic() >= deadline:
                return False
            time.sleep(PAUSE)


@contextmanager
def making(path: Path) -> Iterator[None]:
    """Raise LockError where the block may not make the lock file `path`."""
    try:
        yield
    except OSError as error:
        if error.errno not in _MAY_NOT:
            raise
        raise LockError(
            f"expected a folder that can be written to, found {error.strerror} for {path}; nothing "
            "was written"
        ) from error


def _open(path: Path) -> int:
    with making(path):
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except PermissionError:  # made by somebody else who works on the same campaign
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
