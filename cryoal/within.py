"""One folder that a process keeps to, and every process that it starts: what a server is told.

The folder is a variable of the environment, so that a command started by the server keeps to it
too. Nobody else has it set, and may go anywhere.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryoal.errors import CryoALError

__all__ = ["VARIABLE", "is_within", "keeping_to", "lies_in", "require_within"]

VARIABLE = "CRYOAL_WITHIN"


@contextmanager
def keeping_to(folder: Path) -> Iterator[None]:
    """Keep to `folder` while the block runs."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(folder.resolve())
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def is_within(path: Path) -> bool:
    """Whether this process may read or write what `path` leads to, links followed."""
    folder = os.environ.get(VARIABLE)
    return not folder or lies_in(path, Path(folder))


def lies_in(path: Path, folder: Path) -> bool:
    """Whether `path` leads to `folder`, which is resolved, or into it; links followed."""
    try:
        found = path.resolve()
    except (RuntimeError, OSError):  # links in a circle, which RuntimeError is until Python 3.12
        return False
    if found.is_symlink():  # such links too, which newer Pythons pass over
        return False
    return found == folder or folder in found.parents


def require_within(path: Path, error: type[CryoALError]) -> None:
    """Raise `error` where `path` leads out of the folder that this process keeps to."""
    if not is_within(path):
        raise error(f"expected a path in {os.environ[VARIABLE]}, found {path}, which leads out")
