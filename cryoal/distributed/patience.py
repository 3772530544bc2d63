"""How long workers are waited for, and how often a part of the work is tried."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Patience"]


@dataclass(frozen=True)
class Patience:
    """In seconds."""

    late: float = 900.0
    """After so long a part is given to another worker as well, and whoever is first counts; the
    copy of a copy may take twice as long. Never before four times the longest part so far."""
    tries: int = 3
    """Workers that may be lost over a part, and copies of it that are given out."""
    silence: float = 60.0
    """Without the scheduler that was there."""
    workers: float = 60.0
    """Without a worker that can be given anything."""
