"""How a campaign comes on, again and again: what has changed since the last look."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from cryoal.campaign.campaign import Campaign
from cryoal.campaign.settings_file import NAME
from cryoal.campaign.status import describe
from cryoal.errors import CryoALError, FileFormatError, NotACampaignError
from cryoal.jobs.job import Job
from cryoal.records import entries, is_alive, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryoal.campaign.status import State

__all__ = ["Look", "at_work", "new_lines", "watch"]

FILES = (NAME, "audit.json", "test.json", "classifier.json", "predictions.json")
FOLDERS = ("labels", "pool.zarr", "model")


class Look:
    """Looks at a campaign that cost little while nothing changes: files are told by their times."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[object, ...] | None = None
        self._pool: tuple[object, ...] | None = None
        self._campaign: Campaign | None = None
        self._state: State | None = None
        self._unclear = ""

    def state(self) -> State | None:
        """The state of now; None where it could not be read, see :meth:`lines`.

        Raises
        ------
        NotACampaignError
            There is no campaign, or no more.
        """
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return self._state
        pool = _of_pool(self.path)
        try:
            if self._campaign is None or pool != self._pool:  # else its keys are read already
                self._campaign = None
                self._campaign = Campaign.open(self.path)
            self._state, self._unclear = describe(self._campaign), ""
        except CryoALError as error:  # a file that is being edited, or worse: go on looking
            is_gone = self._stamp is None or not (self.path / NAME).is_file()
            if isinstance(error, NotACampaignError) and is_gone:
                raise
            self._state, self._unclear = None, str(error)
        self._stamp, self._pool = stamp, pool
        return self._state

    def lines(self) -> list[str]:
        """What ``cryoal status`` prints, and what is at work."""
        state = self.state()
        told = [f"unclear   {self._unclear}"] if state is None else state.lines()
        return [*told, *at_work(self.path)]


def watch(look: Look, wait: Callable[[], bool]) -> Iterator[list[str]]:
    """The lines of now, and again whenever they are others; `wait` says whether to go on."""
    before: list[str] | None = None
    while True:
        lines = look.lines()
        if lines != before:
            yield lines
            before = lines
        if not wait():
            return


def new_lines(lines: list[str], before: list[str]) -> list[str]:
    """Those of `lines` that were not there before.

    Examples
    --------
    >>> new_lines(["labelled  7", "next      review"], ["labelled  6", "next      review"])
    ['labelled  7']
    """
    known = set(before)
    return [line for line in lines if line not in known]


def at_work(path: Path) -> list[str]:
    """A line for the job of the campaign, and one for another command that holds it."""
    lines = []
    job = Job.current(path)
    state = None if job is None else job.state()
    if state is not None and state.kind == "running":
        share = "" if state.fraction is None else f" {100 * state.fraction:.0f} %"
        left = "" if state.seconds_left is None else f", {_time_said(state.seconds_left)} left"
        doing = f": {state.what}{share}{left}" if state.what else f": {state.line}"
        lines.append(f"job       {state.command}{doing if doing != ': ' else ''}")
    elif state is not None and state.kind == "failed":
        lines.append(f"job       {state.command} failed: {state.line}")
    is_running = state is not None and state.kind == "running"  # which holds the campaign itself
    if not is_running and (holder := _holder(path)) is not None:
        lines.append(f"at work   {holder}")
    return lines


def _holder(path: Path) -> str | None:
    """The command of a terminal that holds the campaign; None where none is known to."""
    try:
        held = read_json(path / ".lock.json")
        process, host = held["process"], held["host"]
        if host == platform.node() and not is_alive(int(process)):
            return None  # it was killed, and the next command clears this away
        return f"cryoal {held['command']} (process {process} on {host}, since {held['since']})"
    except (OSError, FileFormatError, KeyError, TypeError, ValueError):
        return None


def _time_said(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _stamp(path: Path) -> tuple[object, ...]:
    folders = [path / name for name in FOLDERS]
    cycles = [path / name for name in sorted(entries(path)) if name.startswith("cycle_")]
    files = [*(path / name for name in FILES), *(folder / "query.json" for folder in cycles)]
    journals = [path / "labels" / name for name in sorted(_names(path / "labels"))]
    return tuple(_told(one) for one in (*files, *folders, *journals))


def _of_pool(path: Path) -> tuple[object, ...]:
    return (_told(path / NAME), _told(path / "pool.zarr"), *sorted(_names(path / "pool.zarr")))


def _names(folder: Path) -> list[str]:
    try:
        return list(entries(folder))
    except OSError:
        return []


def _told(path: Path) -> tuple[object, ...]:
    try:
        facts = path.stat()
    except OSError:
        return (path.name,)
    return path.name, facts.st_mtime_ns, facts.st_size, facts.st_ino
