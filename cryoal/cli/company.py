"""Several processes of one command, which train one team: ``--devices``, torchrun, srun."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cryoal.distributed.processes import how_started
from cryoal.errors import ConfigError
from cryoal.training.company import BY_ITSELF

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.training.company import Company

__all__ = ["Devices", "company_of", "held", "serve_the_first"]

Devices = Annotated[
    int | None,
    typer.Option(
        help="Train on so many GPUs of this machine (or processes, where it has none); torchrun"
        " and srun say it by themselves.",
        min=1,
        show_default=False,
    ),
]

TRAINING = ("select", "classify", "run")
"""Commands that train a pair; of others, one process does all."""


@contextmanager
def company_of(devices: int | None) -> Iterator[Company]:
    """Those with whom this command, the first of them, trains.

    Raises
    ------
    ConfigError
        Other devices are wanted than torchrun or srun started processes.
    CrewError
        The others are not there.
    """
    started = how_started()
    if started is None and devices in (None, 1):
        yield BY_ITSELF
        return
    if started is not None and devices not in (None, started.size):
        raise ConfigError(
            f"expected --devices {started.size}, as {started.by} started, found {devices}"
        )
    from cryoal.distributed.fabric import gather, start_others

    with start_others(devices or 1) if started is None else gather(started) as company:
        yield company


@contextmanager
def held(directory: Path, what: str, company: Company) -> Iterator[Campaign]:
    """The campaign in `directory`, held by the command `what`, whose pairs `company` trains."""
    from cryoal.campaign.campaign import Campaign

    campaign = Campaign.open(directory)
    campaign.company = company
    with campaign.busy(what):
        yield campaign


def serve_the_first(words: Sequence[str]) -> int | None:
    """What a process does that is not the first of several: its exit code; None for the first."""
    started = how_started()
    if started is None:
        return None
    trains = any(word in TRAINING for word in words[:1])
    if started.rank == 0:
        if not trains:
            line = f"one process does all of this: the other {started.size - 1} of"
            print(f"cryoal: {line} {started.by} have nothing to do", file=sys.stderr)
        return None
    if not trains:
        return 0
    from cryoal.distributed.fabric import follow

    return follow(started)
