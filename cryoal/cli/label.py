"""``cryoal label``: the expert's answers."""

from __future__ import annotations

import getpass
import re
from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import Directory
from cryoal.errors import LabelError

__all__ = ["label"]

MANY = 5  # disputed keys that are listed one by one


def label(
    directory: Directory,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="Columns key|particle and label|class.")
    ],
    annotator: Annotated[
        str | None, typer.Option(help="Who answered; your user name unless given.")
    ] = None,
    settle: Annotated[
        bool,
        typer.Option("--settle", help="These answers end disputes: they outweigh earlier ones."),
    ] = False,
) -> None:
    """Record the expert's answers. Empty rows wait; 'unsure' and 'abstain' are answers too."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.data.label_file import read_labels

    campaign = Campaign.open(directory)
    name = annotator or _login()
    read = read_labels(file, campaign.config.classes)
    new = campaign.record(name, list(read.answers), settles=settle, source=str(file))
    standing = campaign.standing()
    void = [] if settle else [key for key, _ in read.answers if key in standing.settled]
    waiting = f", {len(read.unanswered)} rows still empty" if read.unanswered else ""
    print(f"{name}: {new} new of {len(read.answers)} answers{waiting}")
    print(f"labelled now: {len(standing.labelled)}; abstained: {len(standing.abstained)}")
    if void:
        print(f"{len(void)} answers are about settled keys and change nothing (--settle would)")
    if standing.disputed:
        print(f"disputed, kept out of training until settled: {len(standing.disputed)}")
        for key, votes in list(standing.disputed.items())[:MANY]:
            print(f"  {key}: " + ", ".join(f"{who} says {what}" for who, what in votes.items()))


def _login() -> str:
    try:
        return re.sub(r"[^A-Za-z0-9._-]+", "-", getpass.getuser()).strip("-.") or "nobody"
    except (KeyError, OSError) as error:  # a container may run under a number without a name
        raise LabelError(
            "expected the annotator's name, found none: say --annotator NAME"
        ) from error
