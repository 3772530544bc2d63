"""Who is there, who may be given work, and what each of them has been given."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryoal.distributed.there import greet

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryoal.distributed.there import Greeting

__all__ = ["Worker", "unlike"]


@dataclass
class Worker:
    """One process that takes parts of the work."""

    address: str
    greeting: Greeting | None = None
    """None until it has answered."""
    unfit: str = ""
    """Why it is given nothing, in one line."""
    has_work: Any = None
    """The future of its copy of the work."""
    holds: list[int] = field(default_factory=list)
    """Numbers of parts that were given to it, the oldest first."""
    is_late: bool = False
    """Whether one of them took too long: it gets no other until it gives something back."""
    is_doubted: bool = False
    """Whether it could not do something that another tries now."""
    free_since: float = 0.0
    """When it last gave something back: whatever it holds first was not begun before."""

    @property
    def said(self) -> str:
        """The worker for a message."""
        return (
            f"worker {self.address}" if self.greeting is None else self.greeting.said(self.address)
        )

    def room(self, ahead: int, seconds: float = 0.0) -> int:
        """How many more parts it may be given that take so many `seconds`."""
        if self.greeting is None or self.unfit or self.is_late or self.is_doubted:
            return 0
        if time.time() + (1 + len(self.holds)) * seconds > self.greeting.until:
            return 0  # it would be killed over it
        return max(0, ahead - len(self.holds))

    def goes_on(self, seconds: float) -> bool:
        """Whether something may still come back from it, now or after it is given more."""
        return (
            self.greeting is not None
            and not self.unfit
            and bool(self.holds or self.room(1, seconds))
        )

    def meet(self, client: Any, then: Callable[[Any], None]) -> None:
        """Ask who it is; `then` is called with the future of a Greeting, on another thread."""
        client.submit(
            greet, workers=[self.address], allow_other_workers=False, pure=False
        ).add_done_callback(then)


def unlike(worker: Worker, told: Greeting | Exception, here: Greeting) -> str:
    """Why `worker` may be given nothing, in one line; empty where it may."""
    if isinstance(told, Exception):
        return (
            f"expected cryoal {here.version} on {worker.said}, "
            f"found one that is not this ({type(told).__name__}: {told})"
        )
    for what, theirs, ours in (
        ("cryoal", told.version, here.version),
        ("the files of cryoal", told.sources, here.sources),
        ("Python", told.python, here.python),
    ):
        if theirs != ours:
            return f"expected {what} {ours} on {told.said(worker.address)}, found {theirs}"
    return ""


def others(workers: list[Greeting], here: Greeting) -> list[str]:
    """Lines on what may change last bits: other processors, another torch."""
    lines = []
    for what, ours, theirs in (
        ("processor", here.processor, {told.processor for told in workers}),
        ("torch", here.torch, {told.torch for told in workers}),
    ):
        if other := sorted(theirs - {ours}):
            lines.append(
                f"workers have another {what} than this machine ({', '.join(other)}; here {ours}): "
                "the last digits of numbers may be others"
            )
    return lines
