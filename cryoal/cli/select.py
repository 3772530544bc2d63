"""``cryoal select``: one cycle."""

from __future__ import annotations

from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory, Scheduler
from cryoal.cli.company import Devices, company_of, held
from cryoal.how_many import how_many

__all__ = ["select"]


def select(
    directory: Directory,
    n: Annotated[int, typer.Option("-n", help="How many boxes to ask.", min=1, show_default=False)],
    strategy: Annotated[
        str | None, typer.Option(help="In place of the config's; see: cryoal list strategies.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="In place of the config's.", min=0)] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Go on though the last query has no answer yet.")
    ] = False,
    train: Annotated[
        bool, typer.Option("--train", help="Train the pair too, if the strategy needs it or not.")
    ] = False,
    min_score: Annotated[
        float | None, typer.Option(help="Only boxes that the picker scored at least so high.")
    ] = None,
    scheduler: Scheduler = None,
    devices: Devices = None,
    as_json: AsJson = False,
) -> None:
    """Ask about the next boxes. Learns from all labels; scores a random subset of the pool."""
    from cryoal.campaign.cycle import select as select_next
    from cryoal.campaign.ways import ways_to_label
    from cryoal.cli.terminal import Terminal, print_json
    from cryoal.cli.working import working

    with (
        company_of(devices) as company,
        held(directory, "select", company) as campaign,
        working(campaign, scheduler, Terminal()) as progress,
    ):
        query = select_next(
            campaign,
            n,
            strategy=strategy,
            seed=seed,
            again=again,
            train=train,
            min_score=min_score,
            progress=progress,
        )
    if as_json:
        print_json({"cycle": query.cycle, "strategy": query.strategy, "keys": query.keys()})
        return
    print(
        f"cycle {query.cycle}: {how_many(len(query.asked), 'box')} of {query.n_subset}, by "
        f"{query.strategy}"
    )
    if query.reason:
        print(query.reason)
    table = directory / f"cycle_{query.cycle:03d}" / "query.csv"
    for line in ways_to_label(directory, table):
        print(line)
