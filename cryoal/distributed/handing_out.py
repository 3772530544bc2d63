"""Which worker computes which part: given out, taken back, given to another.

Dask carries parts and results and knows who is alive; who gets what is decided here, so that a part
whose worker died, hangs or cannot do it is known by name, and a message can tell of it.
"""

from __future__ import annotations

import heapq
import queue
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryoal.distributed.link import quiet
from cryoal.distributed.there import Failure, Greeting, greet
from cryoal.distributed.workers import Worker, others, unlike
from cryoal.errors import (
    CampaignError,
    CrewError,
    CryoALError,
    FileFormatError,
    PoolError,
    one_line,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryoal.distributed.link import Link
    from cryoal.distributed.patience import Patience

__all__ = ["HandingOut", "Part"]

LOOK = 1.0
"""Seconds between two looks at who is there."""

PATIENT = 15.0
"""Seconds without anybody who can be given work, after which a line says so."""

ELSEWHERE = (OSError, MemoryError, ImportError, FileFormatError, PoolError, CampaignError)
"""Errors that may be of the machine: a disk that is not there or full, too little memory. Another
worker tries the part; any other error is the work's own."""


@dataclass
class Part:
    """One part of the work."""

    number: int
    said: str
    """For messages."""
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    may_take_long: bool = False
    """Nobody knows how long: never given to a second worker while the first is there."""
    given: dict[Any, tuple[Worker, float]] = field(default_factory=dict)
    """By the future of each copy: who has it, and since when."""
    lost: list[str] = field(default_factory=list)
    """Workers that were lost over it."""
    failed: list[tuple[Worker, Exception]] = field(default_factory=list)
    copies: int = 0
    """That were given to somebody because another was late."""


class HandingOut:
    """Parts on their way; one call of a crew.

    Attributes
    ----------
    shared
        First argument of the function of each part, sent to each worker once.
    """

    def __init__(
        self,
        link: Link,
        parts: Sequence[Part],
        ahead: int,
        patience: Patience,
        say: Callable[[str], None],
        tend: Callable[[bool], str],
    ) -> None:
        self.shared: object | None = None
        self._link, self._ahead = link, ahead
        self._patience, self._say, self._tend = patience, say, tend
        self._all = {part.number: part for part in parts}
        self._waiting = sorted(self._all)  # a heap: the first parts are given out first
        self._workers: dict[str, Worker] = {}
        self._events: queue.SimpleQueue[tuple[str, Any, Any]] = queue.SimpleQueue()
        self._longest = 0.0
        self._here = greet()
        self._said: set[str] = set()
        self._looked = 0.0
        self._heard = self._had_workers = time.monotonic()

    @property
    def n_fit(self) -> int:
        """Workers that may be given something."""
        return sum(w.greeting is not None and not w.unfit for w in self._workers.values())

    def next(self, limit: int) -> tuple[int, Any]:
        """The number and the result of the next part that is ready.

        Parameters
        ----------
        limit
            Parts from this number on are not given out yet.

        Raises
        ------
        CrewError
            No worker is left, or several were lost over the same part.
        CryoALError, Exception
            What a part ended with on two machines, or not because of a machine.
        """
        self._heard = self._had_workers = time.monotonic()  # who asks may have been busy since
        while True:
            if not self._link.is_up:
                self._begin_again()
            if self._events.empty() and time.monotonic() - self._looked >= LOOK:
                self._look()
            self._give(limit)
            try:
                kind, who, future = self._events.get(timeout=LOOK)
            except queue.Empty:
                continue
            if kind == "greeting":
                self._greeted(who, future)
            elif (found := self._came_back(who, future)) is not None:
                return found

    def end(self) -> None:
        """Take back what is still out: copies that came second, or all after an error."""
        for part in self._all.values():
            for future in list(part.given):
                self._drop(future)
            part.given.clear()
        for worker in self._workers.values():
            worker.has_work = None

    # who is there

    def _look(self) -> None:
        """See who came and who went, what is late, and whether anybody can go on."""
        self._looked = time.monotonic()
        amiss = self._tend(bool(self._workers))
        there = self._link.addresses()
        if there is None:
            if self._looked - self._heard >= self._patience.silence and self._link.is_up:
                self._link.give_up()
            return
        self._heard = self._looked
        for address in there - self._workers.keys():
            self._workers[address] = worker = Worker(address)
            self._meet(worker)
        for address in self._workers.keys() - there:
            self._gone(self._workers.pop(address))
        self._copy_what_is_late()
        without = self._looked - self._had_workers
        if any(w.goes_on(self._longest) for w in self._workers.values()):
            self._had_workers = self._looked
        elif amiss:
            raise CrewError(amiss)
        elif without >= self._patience.workers:
            self._give_up()
        elif without >= PATIENT:
            self._say_once(f"no worker to give work to: waiting {self._patience.workers:.0f} s")

    def _give_up(self) -> None:
        """Raise why there has been nobody for so long who may be given anything."""
        if failed := next((part for part in self._all.values() if part.failed), None):
            worker, error = failed.failed[0]  # those who could have tried too have gone
            raise told(error, failed.said, worker.said)
        if unfit := [w.unfit for w in self._workers.values() if w.unfit]:
            raise CrewError(unfit[0])
        seconds = f"{self._patience.workers:.0f} s"
        if ending := [w.said for w in self._workers.values() if w.greeting is not None]:
            line = (
                f"expected jobs with time for a part, which took {self._longest:.0f} s, found none"
                f" for {seconds}: less is left to {', '.join(ending)}"
            )
        else:
            silent = [w.said for w in self._workers.values()]
            line = f"expected workers that answer, found none for {seconds}"
            line += f": silent are {', '.join(silent)}" if silent else ""
        raise CrewError(f"{line}; nothing is half-written, and the same command goes on")

    def _meet(self, worker: Worker) -> None:
        worker.meet(self._link.client, lambda future: self._tell("greeting", worker, future))

    def _greeted(self, worker: Worker, future: Any) -> None:
        if self._workers.get(worker.address) is not worker or future.status == "cancelled":
            return
        told = future.result() if future.status == "finished" else future.exception()
        worker.unfit = unlike(worker, told, self._here)
        if isinstance(told, Greeting):
            worker.greeting, worker.is_late = told, False
        if worker.unfit:
            self._say_once(f"{worker.unfit}: it is given nothing")
            self._require_somebody(worker)
            return
        here = [w.greeting for w in self._workers.values() if w.greeting and not w.unfit]
        for line in others(here, self._here):
            self._say_once(line)

    def _require_somebody(self, last: Worker) -> None:
        """Raise where every worker has answered, and none may be given anything."""
        if all(w.unfit for w in self._workers.values()):
            raise CrewError(last.unfit)

    def _gone(self, worker: Worker) -> None:
        """Give what a lost worker had to others; what it was computing counts as tried."""
        for place, number in enumerate(worker.holds):
            part = self._all.get(number)
            if part is None:
                continue
            for future in [f for f, (who, _) in part.given.items() if who is worker]:
                del part.given[future]
                self._drop(future)
            if place == 0:
                part.lost.append(worker.said)
                if len(part.lost) >= self._patience.tries:
                    raise CrewError(_lost_over(part))
                self._say(f"lost {worker.said} over {part.said}: another does it")
            self._again(part)

    def _begin_again(self) -> None:
        """After the scheduler came back: whatever was out is lost, and nobody is to blame."""
        self._link.wait()
        self._workers.clear()
        for part in self._all.values():
            if part.given:
                part.given.clear()
                self._again(part)
        self._looked, self._heard = 0.0, time.monotonic()
        self._had_workers = self._heard

    def _copy_what_is_late(self) -> None:
        now = time.monotonic()
        for part in self._all.values():
            if part.may_take_long or not part.given:
                continue
            limit = max(self._patience.late * 2**part.copies, 4 * self._longest)
            if now - max(since for _, since in part.given.values()) < limit:
                continue
            for worker, _ in part.given.values():
                if not worker.is_late:
                    worker.is_late = True
                    self._meet(worker)  # who answers after all is given work again
            names = ", ".join(worker.said for worker, _ in part.given.values())
            part.copies += 1
            if part.copies >= self._patience.tries:
                raise CrewError(
                    f"expected {part.said} within {limit:g} s, found no answer from {names}; "
                    "nothing is half-written, and the same command goes on"
                )
            self._say(
                f"no answer for {limit:g} s over {part.said} from {names}: another does it too"
            )
            heapq.heappush(self._waiting, part.number)

    # parts

    def _give(self, limit: int) -> None:
        """Give out what waits, the first parts first, to whoever holds least."""
        kept = []
        while self._waiting and self._waiting[0] < limit:
            if not any(w.room(self._ahead, self._longest) for w in self._workers.values()):
                break
            number = heapq.heappop(self._waiting)
            part = self._all.get(number)
            if part is None:
                continue
            has = {id(w) for w, _ in part.given.values()} | {id(w) for w, _ in part.failed}
            able = [
                w
                for w in self._workers.values()
                if w.room(self._ahead, self._longest) and id(w) not in has
            ]
            if not able or not self._give_to(min(able, key=lambda w: len(w.holds)), part):
                kept.append(number)
        for number in kept:
            heapq.heappush(self._waiting, number)

    def _give_to(self, worker: Worker, part: Part) -> bool:
        """Send a part; False where the worker cannot be reached, which the next look tells of."""
        client = self._link.client
        here = {"workers": [worker.address], "allow_other_workers": False, "pure": False}
        first: list[Any] = []
        if self.shared is not None:
            if worker.has_work is None:
                worker.has_work = self._link.send(self.shared, worker.address)
            if worker.has_work is None:
                worker.is_late = True
                self._meet(worker)
                return False
            first = [worker.has_work]
        with quiet():  # of arguments of some MB, which are meant
            future = client.submit(part.function, *first, *part.arguments, **here)
        part.given[future] = (worker, time.monotonic())
        worker.holds.append(part.number)
        future.add_done_callback(lambda future: self._tell("part", part, future))
        return True

    def _came_back(self, part: Part, future: Any) -> tuple[int, Any] | None:
        if future not in part.given:  # another was first, or its worker is known to be gone
            return None
        if future.status not in ("finished", "error"):
            self._taken_away(part, future)
            return None
        worker, since = part.given.pop(future)
        worker.holds.remove(part.number)
        worker.is_late = False
        began, worker.free_since = max(since, worker.free_since), time.monotonic()
        found: Any = None
        if future.status == "finished":
            try:
                found = future.result(timeout=self._patience.silence)
            except Exception:  # it was lost with its worker between two messages
                self._again(part)
                return None
        else:
            error = future.exception()
            if type(error).__name__ == "KilledWorker":  # by Dask's own count, at a fixed address
                part.lost.append(worker.said)
                raise CrewError(_lost_over(part))
            found = Failure(error)
        self._drop(future)
        if isinstance(found, Failure):
            self._failed(part, worker, found.error)
            return None
        self._longest = max(self._longest, worker.free_since - began)
        for other in list(part.given):
            self._drop(other)
        for who, _ in part.given.values():
            who.holds.remove(part.number)
        part.given.clear()
        del self._all[part.number]
        for who, error in part.failed:  # it can be done: that worker cannot
            if who.unfit:
                continue
            who.unfit = f"{who.said} could not do {part.said} ({_words(error)}), another could"
            self._say(f"{who.unfit}: it is given nothing more")
        return part.number, found

    def _taken_away(self, part: Part, future: Any) -> None:
        """After Dask cancelled it: the scheduler, the worker, or its copy of the work is gone."""
        if not self._link.is_up or self._link.was_lost(future):
            self._begin_again()
            return
        self._look()
        if future in part.given:  # the worker is there
            worker, _ = part.given.pop(future)
            worker.holds.remove(part.number)
            worker.has_work = None
            self._again(part)

    def _failed(self, part: Part, worker: Worker, error: Exception) -> None:
        """Let another worker try, or raise what it was, with the worker's name."""
        part.failed.append((worker, error))
        worker.is_doubted = True
        tried = {id(w) for w, _ in part.failed}
        rest = [
            w
            for w in self._workers.values()
            if not w.unfit and not w.is_doubted and id(w) not in tried
        ]
        if isinstance(error, ELSEWHERE) and len(part.failed) < 2 and rest:
            self._again(part)
            return
        raise told(part.failed[0][1], part.said, part.failed[0][0].said)

    def _again(self, part: Part) -> None:
        if part.number in self._all and not part.given and part.number not in self._waiting:
            heapq.heappush(self._waiting, part.number)

    def _drop(self, future: Any) -> None:
        """Let go of a future; its worker may be busy with it for some time to come."""
        try:
            future.cancel()
        except Exception:  # the scheduler is gone: so is the future
            return

    def _tell(self, kind: str, who: Any, future: Any) -> None:
        self._events.put((kind, who, future))

    def _say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._say(line)


def _lost_over(part: Part) -> str:
    return (
        f"expected {part.said}, found {len(part.lost)} workers lost over it, last {part.lost[-1]}: "
        "killed for memory, or at a time limit? Their logs tell; nothing is half-written, and the "
        "same command goes on"
    )


def told(error: Exception, said: str, worker: str) -> Exception:
    """The error of a part with the name of the worker that it happened on.

    Errors that have a line already keep their kind; those of a disk or of memory get one.
    """
    if isinstance(error, CryoALError):
        error.args = (one_line(f"{error} ({said}, on {worker})"),)
        return error
    if isinstance(error, (OSError, MemoryError, ImportError)):
        return CrewError(
            f"expected {said}, found on {worker}: {_words(error)}; "
            "nothing is half-written, and the same command goes on"
        )
    error.add_note(f"{said}, on {worker}")
    return error


def _words(error: Exception) -> str:
    """What happened, with the file where one is known."""
    if isinstance(error, OSError) and error.filename:
        return one_line(f"{error.strerror or type(error).__name__}: {error.filename}", 400)
    return one_line(str(error) or type(error).__name__, 400)
