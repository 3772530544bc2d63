"""``cryoal find``: boxes like others."""

from __future__ import annotations

from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory
from cryoal.how_many import how_many

__all__ = ["find"]


def find(
    directory: Directory,
    like: Annotated[
        list[str],
        typer.Option("--like", metavar="KEY", help="A box of this kind; may be given again."),
    ],
    n: Annotated[int, typer.Option("-n", help="How many boxes to ask.", min=1)] = 40,
    as_json: AsJson = False,
) -> None:
    """Ask about the boxes that are most like some others. Needs no labels."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.find import find as find_boxes
    from cryoal.campaign.ways import ways_to_label
    from cryoal.cli.terminal import Terminal, print_json

    campaign = Campaign.open(directory)
    with campaign.busy("find"):
        query = find_boxes(campaign, like, n, progress=Terminal())
    if as_json:
        print_json({"cycle": query.cycle, "strategy": query.strategy, "keys": query.keys()})
        return
    print(
        f"cycle {query.cycle}: {how_many(len(query.asked), 'box')} of {query.n_subset}, "
        f"{query.reason}"
    )
    table = directory / f"cycle_{query.cycle:03d}" / "query.csv"
    for line in ways_to_label(directory, table):
        print(line)
