"""An error as one line for a window."""

from __future__ import annotations

import errno

__all__ = ["said"]


def said(error: Exception) -> str:
    """What went wrong, in one line; of the system's own errors the common ones in words.

    Examples
    --------
    >>> said(OSError(28, "No space left on device", "labels/ana.jsonl"))
    'expected room on the disk to write labels/ana.jsonl, found it full'
    """
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"expected room on the disk to write {error.filename or 'a file'}, found it full"
    return " ".join(str(error).split())
