"""How far a sitting is, and how long the rest will take."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

__all__ = ["Progress", "said_time"]

RECENT = 50  # answers: people get faster
FEWEST_TIMED = 5  # answers; the first ones take longest, and a median of two is either
BREAK_AFTER = 25 * 60  # seconds


@dataclass(frozen=True)
class Progress:
    """The numbers in the head of every face."""

    n_boxes: int
    n_done: int
    """Answered, unsure included."""
    n_skipped: int
    n_unsure: int
    n_flagged: int
    n_conflicts: int
    """Boxes to which another annotator gave another class."""
    n_repeats: int
    """Repeats that were answered ..."""
    n_repeats_same: int
    """... and how many of them as before."""
    by_class: dict[str, int] = field(default_factory=dict)
    seconds: tuple[float, ...] = ()
    """How long each answer took, in order."""
    sitting_seconds: float = 0.0

    @property
    def seconds_each(self) -> float | None:
        """Median of the recent answers; None before there are :data:`FEWEST_TIMED`."""
        return median(self.seconds[-RECENT:]) if len(self.seconds) >= FEWEST_TIMED else None

    @property
    def seconds_left(self) -> float | None:
        """What the rest will take at that pace."""
        each = self.seconds_each
        return None if each is None else each * (self.n_boxes - self.n_done)

    @property
    def is_break_due(self) -> bool:
        """Whether the annotator has been at it for so long that a break would help."""
        return self.sitting_seconds >= BREAK_AFTER and self.n_done < self.n_boxes

    def line(self) -> str:
        """The numbers in one line: ``37 of 200, about 6 min left; wall 20, lumen 17``."""
        out = f"{self.n_done} of {self.n_boxes}"
        if self.n_done < self.n_boxes and self.seconds_left is not None:
            out += f", about {said_time(self.seconds_left)} left"
        counts = [f"{name} {n}" for name, n in self.by_class.items() if n]
        more = [
            f"{n} {word}"
            for n, word in (
                (self.n_unsure, "unsure"),
                (self.n_skipped, "skipped"),
                (self.n_flagged, "flagged"),
                (self.n_conflicts, "in conflict"),
            )
            if n
        ]
        if self.n_repeats and self.n_done == self.n_boxes:  # sooner it would tell which they are
            more.append(f"{self.n_repeats_same} of {self.n_repeats} repeats the same")
        return "; ".join([out, *([", ".join(counts)] if counts else []), *more])


def said_time(seconds: float) -> str:
    """A duration as a person says it.

    Examples
    --------
    >>> said_time(42), said_time(200), said_time(5000)
    ('40 s', '3 min', '1 h 23 min')
    """
    if seconds < 55:
        return f"{max(10, round(seconds / 10) * 10)} s"
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
