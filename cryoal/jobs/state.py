"""How a job stands, as a window shows it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from cryoal.jobs.lines import parse_line

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.jobs.lines import Step
    from cryoal.records import Json

__all__ = ["Kind", "Output", "State", "read_output"]

Kind = Literal["running", "done", "failed", "cancelled"]

TAIL = 65_536  # bytes of the log that are read: the last lines, however long it is


@dataclass(frozen=True)
class State:
    """One job at one moment."""

    kind: Kind
    command: str
    """As it would be typed."""
    what: str
    """What is being done, in a few words; empty between two steps."""
    fraction: float | None
    """Of this step, 0 to 1; None where nobody knows."""
    seconds_left: float | None
    """Of this step."""
    line: str
    """The last line that was said: after a failure what went wrong."""
    output: str
    """What was printed; of a long log the end."""
    began: str
    ended: str | None
    code: int | None
    """What the process ended with; None while it runs, and where it was killed with the window."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is at work any more."""
        return self.kind != "running"

    def as_json(self) -> dict[str, Json]:
        """Every fact by name."""
        return asdict(self)


@dataclass(frozen=True)
class Output:
    """What a job has written so far."""

    text: str
    line: str
    step: Step | None
    """How far the loop is that began last."""


def read_output(log: Path) -> Output:
    """The end of a job's log."""
    try:
        descriptor = os.open(log, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return Output("", "", None)
    with os.fdopen(descriptor, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - TAIL, 0))
        lines = file.read(TAIL).decode("utf-8", "replace").split("\n")
    if size > TAIL:
        del lines[0]  # half of one
    steps = [parse_line(line) for line in lines]
    said = [line for line, step in zip(lines, steps, strict=True) if step is None]
    while said and not said[-1].strip():
        said.pop()
    last = said[-1].strip().removeprefix("cryoal: ") if said else ""
    return Output("\n".join(said), last, next((s for s in reversed(steps) if s), None))
