"""One reading of one changed file: refused in a line, read, or neither."""

from __future__ import annotations

import signal
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.errors import CryoALError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 20
"""Seconds of a processor, not of a clock: a busy machine is no hang."""

LONGEST = 2_000


class Hang(BaseException):
    """The reader went on and on."""


@dataclass(frozen=True)
class Outcome:
    """What came of a changed file."""

    kind: str
    """``refused``, ``unnamed``, ``same``, ``other``, ``TRACEBACK`` or ``HANG``."""
    said: str
    where: str = ""
    """The innermost line of ours in a traceback."""


def attempt(read: Callable[[Path], object], path: Path, file: Path, before: str) -> Outcome:
    """Read `path`, in which `file` was changed; `before` is what came of it unchanged."""
    try:
        with _patience():
            found = repr(read(path))
    except CryoALError as error:
        return _refusal(str(error), path, file)
    except Hang:
        return Outcome("HANG", f"more than {PATIENCE} s")
    except OSError as error:
        if error.errno is not None and error.filename is not None:
            return Outcome("refused", f"{error.filename}: {error.strerror}")
        return _traceback(error)
    except Exception as error:
        return _traceback(error)
    return Outcome("same" if found == before else "other", "")


def _refusal(said: str, path: Path, file: Path) -> Outcome:
    if "\n" in said or not said.isprintable() or len(said) > LONGEST:
        return Outcome("TRACEBACK", f"not one line: {said[:80]!r}")
    names = (file.name, path.name, str(path))
    return Outcome("refused" if any(name in said for name in names) else "unnamed", said)


def _traceback(error: BaseException) -> Outcome:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "/cryoal/" in f.filename]
    where = f"{ours[-1].filename.rpartition('/cryoal/')[2]}:{ours[-1].name}" if ours else "?"
    return Outcome("TRACEBACK", f"{type(error).__name__}: {error}"[:200], where)


@contextmanager
def _patience() -> Iterator[None]:
    def stop(signum: int, frame: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
