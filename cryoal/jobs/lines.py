"""Progress as lines of text: what a job writes between the lines that are for people."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["MARK", "Step", "in_lines", "parse_line"]

T = TypeVar("T")

MARK = "\x10"  # of no line for people; Python takes ASCII's separators for ends of lines
EVERY = 0.2  # seconds between two lines
PARTS = 200  # lines of one loop at most, and one more: the log of a week stays small


@dataclass(frozen=True)
class Step:
    """How far a loop is."""

    what: str
    done: int = 0
    total: int | None = None
    seconds_left: float | None = None

    @property
    def fraction(self) -> float | None:
        """0 to 1; None where nobody knows how much there is to do."""
        return min(self.done / self.total, 1.0) if self.total else None


def in_lines(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Yield `items`, and say on stderr how many are done, now and then."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    began = said_at = time.monotonic()
    said = 0
    _say(Step(what, 0, total))
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        enough = (done - said) * PARTS >= total if total else True
        pause = EVERY if total else max(EVERY, (now - began) / PARTS)
        if (enough and now - said_at >= pause) or done == total:
            left = (now - began) * (total - done) / done if total else None
            _say(Step(what, done, total, left))
            said, said_at = done, now


def parse_line(line: str) -> Step | None:
    """What a line of progress says; None for any other line."""
    if not line.startswith(MARK):
        return None
    try:
        match json.loads(line[len(MARK) :]):
            case {"what": str(what), "done": int(done), "total": total, "left": left}:
                return Step(
                    what,
                    done,
                    total if isinstance(total, int) and total > 0 else None,
                    left if isinstance(left, int | float) else None,
                )
    except (ValueError, RecursionError):  # cut short
        pass
    return Step("")


def _say(step: Step) -> None:
    left = None if step.seconds_left is None else round(step.seconds_left, 1)
    facts = {"what": step.what, "done": step.done, "total": step.total, "left": left}
    print(f"{MARK}{json.dumps(facts)}", file=sys.stderr)
