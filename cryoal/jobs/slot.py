"""Whether a job is at work, and how the last one ended: a lock, and a record of fixed size in it.

The lock is on an open file that the job inherits from whoever started it: it is held from before
the start to the end of the process, however that comes, and no number of a process that another
one has by now can be taken for it. The record is overwritten in its place, so that how a job
ended can be written to a full disk too.
"""

from __future__ import annotations

import errno
import json
import os
import time
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, flock
from typing import TYPE_CHECKING, Any

from cryoal.errors import LockError, LockHeldError
from cryoal.locks import making

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NAME", "is_held", "read_record", "take", "write_record"]

NAME = ".job.lock"
SIZE = 1024  # bytes of the record
PATIENCE = 0.2  # seconds: those who look whether it is held hold it for an instant
_HELD = (errno.EAGAIN, errno.EACCES)


def take(folder: Path) -> int:
    """The slot of the campaign in `folder`, open and locked; closing it gives it back.

    Raises
    ------
    LockHeldError
        A job has it.
    LockError
        The disk cannot lock, or may not be written to.
    OSError
        The file cannot be made, because the disk is full for instance.
    """
    path = folder / NAME
    deadline = time.monotonic() + PATIENCE
    while True:
        descriptor = _open(folder)
        try:
            while not _lock(descriptor, LOCK_EX, path):
                if time.monotonic() >= deadline:
                    raise LockHeldError(f"expected the lock {path}, found it held by a job")
                time.sleep(0.02)
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another one has taken its place meanwhile


def is_held(folder: Path) -> bool:
    """Whether a job of the campaign in `folder` is at work."""
    path = folder / NAME
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:  # there never was one, or nobody may know
        return False
    try:
        if not _lock(descriptor, LOCK_SH, path):
            return True
        flock(descriptor, LOCK_UN)
        return False
    finally:
        os.close(descriptor)


def write_record(descriptor: int, **facts: Any) -> None:
    """Put `facts` in the place of those before; a ``line`` too long is cut."""
    text = json.dumps(facts).encode()
    if len(text) >= SIZE:
        spare = max(SIZE - 1 - len(json.dumps({**facts, "line": ""})), 0)
        # \uXXXX is the longest that a character becomes; two of them beyond the first plane
        text = json.dumps({**facts, "line": str(facts.get("line", ""))[: spare // 12]}).encode()
    os.pwrite(descriptor, text.ljust(SIZE - 1) + b"\n", 0)


def read_record(folder: Path) -> dict[str, Any]:
    """What :func:`write_record` wrote last; empty where nothing can be made of it."""
    with suppress(OSError, ValueError, RecursionError):
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            found = json.loads(os.pread(descriptor, SIZE, 0))
        finally:
            os.close(descriptor)
        if isinstance(found, dict):
            return found
    return {}


def _open(folder: Path) -> int:
    path, flags = folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    with making(path):
        try:
            return os.open(path, flags, 0o666)
        except PermissionError:  # made by somebody else who works on the same campaign
            if is_held(folder):
                raise LockHeldError(f"expected the lock {path}, found it held by a job") from None
            path.unlink(missing_ok=True)
            return os.open(path, flags, 0o666)


def _lock(descriptor: int, kind: int, path: Path) -> bool:
    try:
        flock(descriptor, kind | LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise LockError(
            f"expected a disk that knows locks (flock), found {error.strerror} for {path}; "
            "nothing was started"
        ) from error
    return True
