"""``cryoal status``: where a campaign stands."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory

if TYPE_CHECKING:
    from cryoal.jobs.watch import Look

__all__ = ["status"]


def status(
    directory: Directory,
    watched: Annotated[
        bool, typer.Option("--watch", help="Go on looking; Ctrl-C ends it.", show_default=False)
    ] = False,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Say where the campaign stands and what to do next."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.status import describe
    from cryoal.cli.terminal import print_json

    if watched:
        _watch(directory, every, as_json=as_json)
        return
    state = describe(Campaign.open(directory))
    if as_json:
        print_json(state.as_json())
        return
    for line in state.lines():
        print(line)


def _watch(directory: Path, every: float, *, as_json: bool) -> None:
    """On a terminal the lines are drawn anew; elsewhere each look prints what is new."""
    from cryoal.jobs.watch import Look, watch
    from cryoal.signals import Stopped

    look = Look(directory)

    def wait() -> bool:
        time.sleep(every)
        return True

    looks = watch(look, wait)
    try:
        if as_json:
            _print_objects(look, looks)
        elif sys.stdout.isatty():
            _draw(looks)
        else:
            _print_new(looks)
    except (Stopped, KeyboardInterrupt):
        return  # that is how one ends it: no error
    except BrokenPipeError:  # `| head`: nor is this, and Python may not say so when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_objects(look: Look, looks: Iterator[list[str]]) -> None:
    """A line of JSON for each look that found something new."""
    import json

    from cryoal.jobs.watch import at_work

    for _ in looks:
        state = look.state()
        facts = {} if state is None else state.as_json()
        print(json.dumps({**facts, "at_work": at_work(look.path)}, ensure_ascii=False), flush=True)


def _print_new(looks: Iterator[list[str]]) -> None:
    from cryoal.jobs.watch import new_lines

    before: list[str] = []
    for lines in looks:
        for line in new_lines(lines, before):
            print(line, flush=True)
        before = lines


def _draw(looks: Iterator[list[str]]) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(), auto_refresh=False) as live:
        for lines in looks:
            live.update(Text("\n".join(lines)), refresh=True)
