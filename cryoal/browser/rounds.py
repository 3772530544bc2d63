"""The commands that a page may start, and no others."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from cryoal.browser.under import Under
from cryoal.campaign.campaign import Campaign
from cryoal.errors import CampaignBusyError, CampaignError, ConfigError
from cryoal.jobs.job import Job
from cryoal.jobs.rounds import next_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cryoal.records import Json

__all__ = ["MOST_ASKED", "Rounds"]

MOST_ASKED = 10_000
"""Boxes of one query: a page of more would not open."""


class Rounds:
    """What goes on from a campaign, as jobs; several threads may ask.

    Parameters
    ----------
    path
        The campaign.
    root
        Where files may be written: names that are sent are relative to it.
    others
        Jobs at work that keep this one waiting: one training at a time on a machine.
    """

    def __init__(
        self, path: Path, root: Path, others: Callable[[], Job | None] = lambda: None
    ) -> None:
        self.path = path
        self._under = Under(root)
        self._others = others
        self._lock = threading.Lock()

    def now(self) -> dict[str, Json]:
        """The last job, and what can be done next."""
        campaign = Campaign.open(self.path)
        job = Job.current(self.path)
        return {
            "job": None if job is None else job.state().as_json(),
            "steps": [
                {
                    "name": step.name,
                    "title": step.title,
                    "command": step.command(campaign),
                    "why_not": step.why_not,
                }
                for step in next_steps(campaign)
            ],
        }

    def state(self) -> dict[str, Json]:
        """The last job alone: what is asked for every second while it runs."""
        job = Job.current(self.path)
        return {"job": None if job is None else job.state().as_json()}

    def start(self, name: str, wanted: Mapping[str, Any]) -> dict[str, Json]:
        """Start a command by its name, with what is wanted of it.

        ``select``: `n` boxes, ``train`` the pair; ``audit``: `n`; ``export``: ``to``, ``output``
        (a name under the root), ``class``, ``min_probability``, ``undecided``, ``replace``;
        ``report``: ``output``, ``replace``; ``classify`` and ``map``: nothing.

        Raises
        ------
        ConfigError
            No such command, or something is wanted that it does not know.
        CampaignBusyError
            A job is at work.
        OutsideError
            A path that leaves the root.
        """
        return self.run(self._words(name, dict(wanted)))

    def run(self, words: Sequence[str]) -> dict[str, Json]:
        """Start a command, whose words are known to be sound.

        Raises
        ------
        CampaignBusyError
            A job is at work.
        """
        with self._lock:
            if (other := self._others()) is not None:
                raise CampaignBusyError(
                    f"expected no other job, found {other.command!r} at work since {other.began}"
                )
            return {"job": Job.start(self.path, words).state().as_json()}

    def cancel(self) -> dict[str, Json]:
        """Ask the job to stop, as Ctrl-C does."""
        job = Job.current(self.path)
        if job is None:
            raise CampaignError(f"expected a job to stop in {self.path}, found none")
        job.cancel()
        return self.state()

    def _words(self, name: str, wanted: dict[str, Any]) -> list[str]:
        words = [name]
        match name:
            case "select":
                words += ["-n", _whole(wanted.pop("n", 0), 1, MOST_ASKED)]
                words += ["--train"] if _flag(wanted.pop("train", False)) else []
            case "audit":
                words += ["-n", _whole(wanted.pop("n", 0), 1, MOST_ASKED)]
            case "classify" | "map":
                pass
            case "export":
                words += ["--to", _text(wanted.pop("to", None), "to")]
                words += self._output(wanted)
                if (only := wanted.pop("class", None)) is not None:
                    words += [f"--class={_text(only, 'class')}"]
                least = wanted.pop("min_probability", 0)
                if type(least) not in (int, float) or not 0 <= least <= 1:
                    raise ConfigError(f"expected min_probability 0 to 1, found {least!r}")
                words += ["--min-probability", repr(float(least))] if least else []
                words += ["--undecided"] if _flag(wanted.pop("undecided", False)) else []
            case "report":
                words += self._output(wanted)
            case _:
                raise ConfigError(
                    "expected one of select, classify, audit, export, report, map to start, "
                    f"found {name!r}"
                )
        if wanted:
            raise ConfigError(f"expected nothing else for {name}, found {', '.join(wanted)}")
        return words

    def _output(self, wanted: dict[str, Any]) -> list[str]:
        output = self._under.new(_text(wanted.pop("output", None), "output"))
        return [
            "--output",
            str(output),
            *(["--force"] if _flag(wanted.pop("replace", False)) else []),
        ]


def _whole(value: object, least: int, most: int) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigError(f"expected n, {least} to {most}, found {value!r}")
    return str(value)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value or value.startswith("-") or "\0" in value:
        raise ConfigError(f"expected a text as {name}, found {value!r}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"expected true or false, found {value!r}")
    return value
