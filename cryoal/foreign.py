"""The boundary to files of somebody else's making: whatever a parser throws becomes one line."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cryoal.errors import CryoALError, FileFormatError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["foreign"]

SAID = 200  # characters of what a parser says: the gist comes first

# A failing disk, a full one, a file that is absent or not ours to read: these say so themselves.
# What else a system call is refused for, a content has made it ask: a seek to before the start, a
# name of a million letters.
FROM_CONTENT = frozenset(
    {None, *(errno.EINVAL, errno.ENAMETOOLONG, errno.EOVERFLOW, errno.EISDIR, errno.ENOTDIR)}
)


@contextmanager
def foreign(
    path: Path | str, what: str, error: type[CryoALError] = FileFormatError
) -> Iterator[None]:
    """Turn what goes wrong in the block into `error`: ``expected {what} in {path}, found ...``.

    Parsers throw errors of every kind at a file that is not what they expect, and another version
    throws others: so all of them are caught, with a few exceptions. Our own errors, and those of
    the disk, pass as they are. The cause is kept (``--debug`` shows it). The block holds the
    parsing and no more: what goes wrong elsewhere is a mistake of ours and must look like one.

    Parameters
    ----------
    path
        The file, or what else says where the content came from.
    what
        What was expected: ``"an OME-Zarr image"``.
    error
        The class of the error.
    """
    try:
        yield
    except CryoALError:
        raise
    except OSError as problem:
        if problem.errno not in FROM_CONTENT:
            raise
        raise error(f"expected {what} in {path}, found {_said(problem)}") from problem
    except Exception as problem:
        raise error(f"expected {what} in {path}, found {_said(problem)}") from problem


def _said(problem: Exception) -> str:
    """What the parser complains of; its kind where the words alone say little."""
    words = one_line(getattr(problem, "strerror", None) or str(problem), SAID)
    if isinstance(problem, RecursionError):
        return "it nested too deeply"
    if isinstance(problem, MemoryError):
        return "more than fits into the memory"
    if isinstance(problem, EOFError):
        return "its end too early"
    if isinstance(problem, LookupError):
        return f"no {words}" if isinstance(problem, KeyError) else f"it too short ({words})"
    return words or type(problem).__name__
