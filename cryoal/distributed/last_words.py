"""What a worker wrote before it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import one_line

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["last_words"]


def last_words(log: Path) -> str:
    """The last line of a log that says something, and the file's name."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"no log at {log}"
    lines = [line for line in text.splitlines() if line.strip()]
    return f"{one_line(lines[-1], 300)!r} ({log})" if lines else f"nothing said in {log}"
