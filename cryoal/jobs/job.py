"""A command at work on a campaign, in a process of its own that outlives the window."""

from __future__ import annotations

import os
import platform
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cryoal.commands import command
from cryoal.errors import CampaignBusyError, CampaignError, FileFormatError, LockHeldError
from cryoal.jobs.child import LINES, VARIABLE
from cryoal.jobs.process import interrupt
from cryoal.jobs.slot import is_held, read_record, take, write_record
from cryoal.jobs.state import State, read_output
from cryoal.records import now, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["FACTS", "LOG", "Job"]

FACTS = "job.json"
"""What was started, when and where; in the campaign."""

LOG = "job.log"
"""What it printed."""

# not what is called cryoal in the folder that happens to be the current one
PROGRAM = (sys.executable, "-P", "-m", "cryoal")

STOPPED = (128 + signal.SIGINT, 128 + signal.SIGTERM)
PAUSE = 0.05  # seconds between two looks
BEGINNING = 5.0  # seconds until a process that was started has said its number


class Job:
    """A command of a campaign, started by this window or by another.

    A campaign has one job at a time; it takes the same locks as the same command in a terminal.
    How it stands is in the campaign (``job.json``, ``job.log``, ``.job.lock``), so that closing
    the window stops nothing and any window can go on watching.

    Attributes
    ----------
    path
        The campaign's directory, resolved.
    words
        The command: what comes after ``cryoal``.
    began
        When, in UTC.
    """

    def __init__(self, path: Path, facts: dict[str, Any]) -> None:
        self.path = path
        self.name = str(facts.get("job", ""))
        words = facts.get("command")
        self.words = tuple(map(str, words)) if isinstance(words, list) else ()
        self.began = str(facts.get("began", ""))
        self._host = str(facts.get("host", ""))
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(
        cls, campaign_path: Path, arguments: Sequence[str], *, program: Sequence[str] = PROGRAM
    ) -> Job:
        """Start a command: ``("select", "-n", "40")``, whose directory is put after its name.

        Parameters
        ----------
        program
            What is run with these words.

        Raises
        ------
        CampaignBusyError
            A job is at work on the campaign; says which and since when.
        LockError
            The disk cannot lock, or may not be written to.
        OSError
            The disk is full; nothing was started.
        """
        folder = campaign_path.resolve()
        try:
            slot = take(folder)
        except LockHeldError:
            raise CampaignBusyError(_busy(folder)) from None
        try:
            name = secrets.token_hex(8)
            facts = {
                "job": name,
                "command": [arguments[0], str(folder), *arguments[1:]],
                "began": now(),
                "host": platform.node(),
            }
            write_record(slot, job=name)
            write_json(folder / FACTS, facts)
            job = cls(folder, facts)
            try:
                job._run(slot, program)
            except OSError as error:  # else it would be told as one that was killed
                write_record(slot, job=name, code=1, ended=now(), line=f"not started: {error}")
                raise
        finally:
            os.close(slot)  # the job has it open, and so the lock
        return job

    @classmethod
    def current(cls, campaign_path: Path) -> Job | None:
        """The last job of a campaign, at work or over; None where there was none."""
        folder = campaign_path.resolve()
        try:
            return cls(folder, read_json(folder / FACTS))
        except FileNotFoundError:
            return None
        except FileFormatError:
            return cls(folder, {"job": read_record(folder).get("job", "")})

    @property
    def command(self) -> str:
        """As it would be typed."""
        return command(*self.words) if self.words else ""

    def state(self) -> State:
        """How it stands now; costs about a millisecond."""
        # held first: a job that ends between the two has written its record by then
        held, record = is_held(self.path), read_record(self.path)
        if record.get("job") != self.name:
            line = "another command has begun since; what became of this one is not known any more"
            return self._over("failed", None, None, line, "")
        output = read_output(self.path / LOG)
        if held:
            step = output.step
            return State(
                kind="running",
                command=self.command,
                what=step.what if step else "",
                fraction=step.fraction if step else None,
                seconds_left=step.seconds_left if step else None,
                line=output.line,
                output=output.text,
                began=self.began,
                ended=None,
                code=None,
            )
        code, ended = record.get("code"), record.get("ended")
        line = output.line or str(record.get("line", "")).strip().removeprefix("cryoal: ")
        if not isinstance(code, int):
            code = ended = None
            line = (
                "it ended without a word: killed, or the machine was switched off; nothing is "
                "half-written, and the same command begins again or goes on"
            )
        elif code > 128 and code not in STOPPED:
            line = (
                f"it was killed ({_signal_name(code - 128)}"
                f"{': was the memory full?' if code == 128 + signal.SIGKILL else ''}); nothing is "
                "half-written, and the same command begins again or goes on"
            )
        kind = "done" if code == 0 else "cancelled" if code in STOPPED else "failed"
        return self._over(kind, code, ended, line, output.text)

    def cancel(self) -> None:
        """Ask it to stop, as Ctrl-C does; it has ten seconds. Asked again it ends at once.

        Nothing happens where it is over.

        Raises
        ------
        CampaignError
            It runs on another machine, or is another user's.
        """
        record, deadline = read_record(self.path), time.monotonic() + BEGINNING
        while "process" not in record and time.monotonic() < deadline:
            if not is_held(self.path):
                return
            time.sleep(PAUSE)  # it has just been started, and says so when Python has
            record = read_record(self.path)
        if not is_held(self.path) or record.get("job") != self.name:
            return
        if self._host != platform.node():
            raise CampaignError(
                f"expected a command of this machine to stop, found one of {self._host}: stop it "
                "there"
            )
        process, ticks = record.get("process"), record.get("ticks")
        told = isinstance(process, int) and interrupt(process, ticks)
        if not told and is_held(self.path):
            raise CampaignError(
                f"expected {self.command or 'the command'} to stop, found that process {process} "
                "cannot be told to: is it another user's?"
            )

    def wait(self, seconds: float | None = None) -> State:
        """How it stands when it is over, or `seconds` from now."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not (state := self.state()).is_over:
            if deadline is not None and time.monotonic() >= deadline:
                break
            time.sleep(PAUSE)
        return state

    def _run(self, slot: int, program: Sequence[str]) -> None:
        (self.path / LOG).unlink(missing_ok=True)  # somebody else's, or a link
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        log = os.open(self.path / LOG, flags, 0o666)
        try:
            self._process = subprocess.Popen(
                [*program, *self.words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[slot],
                start_new_session=True,  # closing a terminal, or Ctrl-C in it, is not for the job
                env={**os.environ, VARIABLE: f"{slot}:{self.name}", LINES: "lines"},
            )
        finally:
            os.close(log)
        threading.Thread(target=self._watch, daemon=True, name="cryoal-job").start()

    def _watch(self) -> None:
        """Note how it ended where it could not itself."""
        assert self._process is not None
        code = self._process.wait()
        with suppress(OSError):
            slot = take(self.path)
            try:
                record = read_record(self.path)
                if record.get("job") == self.name and "code" not in record:
                    code = code if code >= 0 else 128 - code
                    write_record(slot, **record, code=code, ended=now())
            finally:
                os.close(slot)

    def _over(self, kind: Any, code: int | None, ended: str | None, line: str, text: str) -> State:
        return State(
            kind=kind,
            command=self.command,
            what="",
            fraction=None,
            seconds_left=None,
            line=line,
            output=text,
            began=self.began,
            ended=ended,
            code=code,
        )


def _busy(folder: Path) -> str:
    job = Job.current(folder)
    if job is None or not job.words:
        return f"expected no other job, found one at work on {folder}"
    return f"expected no other job, found {job.command!r} at work since {job.began}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
