"""``cryoal run``: the loop with a simulated annotator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory, Scheduler
from cryoal.cli.company import Devices, company_of, held

__all__ = ["run"]


def run(
    directory: Directory,
    oracle: Annotated[
        Path, typer.Option(help="CSV with the class of every key.", show_default=False)
    ],
    cycles: Annotated[int, typer.Option(min=1, help="Cycles in all.", show_default=False)],
    n: Annotated[int, typer.Option("-n", min=1, help="Boxes each cycle.", show_default=False)],
    test_oracle: Annotated[
        Path | None,
        typer.Option(help="CSV with the class of keys to measure on; they are never asked."),
    ] = None,
    noise: Annotated[float, typer.Option(help="Share of wrong answers.")] = 0.0,
    abstain: Annotated[float, typer.Option(help="Share of boxes without an answer.")] = 0.0,
    strategy: Annotated[str | None, typer.Option(help="In place of the config's.")] = None,
    scheduler: Scheduler = None,
    devices: Devices = None,
    as_json: AsJson = False,
) -> None:
    """Run cycles in which a file answers. Prints the learning curve; goes on after a kill."""
    from cryoal.campaign.loop import simulate
    from cryoal.campaign.test_overlap import n_overlapping, said_of_overlap
    from cryoal.cli.terminal import Terminal, print_json
    from cryoal.cli.working import working

    with (
        company_of(devices) as company,
        held(directory, "run", company) as campaign,
        working(campaign, scheduler, Terminal()) as progress,
    ):
        curve = simulate(
            campaign,
            oracle,
            cycles=cycles,
            m=n,
            test_oracle=test_oracle,
            strategy=strategy,
            noise=noise,
            abstain=abstain,
            progress=progress,
        )
    if as_json:
        print_json([point.as_json() for point in curve])
        return
    if overlap := said_of_overlap(
        n_overlapping(campaign, campaign.training_labels()), len(campaign.test_labels())
    ):
        print(f"test set: {overlap}")
    print("labels  accuracy  macro-F1")
    for point in curve:
        print(point.line())
