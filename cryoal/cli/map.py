"""``cryoal map``: boxes that look alike side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory, Force

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
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Draw it: a .png or .svg file.", show_default=False),
    ] = None,
    by: Annotated[
        str, typer.Option(metavar="WHAT", help="Colours: class, label, doubt or tomogram.")
    ] = "class",
    seed: Annotated[int | None, typer.Option(help="In place of the config's.", min=0)] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Lay all boxes out in a plane. Needs no labels."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.map import make_map
    from cryoal.campaign.map_file import FILE
    from cryoal.campaign.map_groups import require_by
    from cryoal.campaign.map_picture import require_picture, write_picture
    from cryoal.cli.terminal import Terminal, print_json
    from cryoal.commands import command

    campaign = Campaign.open(directory)
    require_by(by)
    if output is not None:
        require_picture(campaign, output, force=force)  # now, not after an hour of describing
    with campaign.busy("map", may_only_read=True):
        found = make_map(campaign, of=of, seed=seed, most=most, progress=Terminal())
    if output is not None:
        write_picture(campaign, found, output, by, force=force)
    if as_json:
        keys = campaign.pool.keys[found.rows].tolist()
        points = [
            {"key": key, "x": round(float(x), 5), "y": round(float(y), 5)}
            for key, (x, y) in zip(keys, found.xy, strict=True)
        ]
        print_json({"of": found.of, "boxes": found.n_all, "points": points})
        return
    print(f"{directory / FILE}: {found.said}")
    if output is not None:
        print(f"wrote {output}")
    else:
        print(f"see it: {command('review', directory)}, or draw it: -o map.png")
