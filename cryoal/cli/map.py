"""``cryoal map``: boxes that look alike side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory

__all__ = ["map_boxes"]


def map_boxes(
    directory: Directory,
    of: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="descriptors or teacher. By default the teacher's embedding where there is one.",
            show_default=False,
        ),
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, help="Boxes on it; of more, so many are drawn.")
    ] = 100_000,
    seed: Annotated[int | None, typer.Option(help="In place of the config's.", min=0)] = None,
    as_json: AsJson = False,
) -> None:
    """Lay all boxes out in a plane. Needs no labels."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.map import make_map
    from cryoal.campaign.map_file import FILE
    from cryoal.cli.terminal import Terminal, print_json
    from cryoal.commands import command

    campaign = Campaign.open(directory)
    with campaign.busy("map", may_only_read=True):
        found = make_map(campaign, of=of, seed=seed, most=most, progress=Terminal())
    if as_json:
        keys = campaign.pool.keys[found.rows].tolist()
        points = [
            {"key": key, "x": round(float(x), 5), "y": round(float(y), 5)}
            for key, (x, y) in zip(keys, found.xy, strict=True)
        ]
        print_json({"of": found.of, "boxes": found.n_all, "points": points})
        return
    print(f"{directory / FILE}: {found.said}")
    print(f"see it: {command('review', directory)}")
