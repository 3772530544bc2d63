"""``cryoal recut``: another box size, or another level, with the labels kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory
from cryoal.commands import command
from cryoal.how_many import how_many

__all__ = ["recut"]


def recut(
    directory: Directory,
    box: Annotated[
        int | None, typer.Option(help="Edge of a box in voxels; that of now if left out.")
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(help="Of the tomograms' files, by name or number, 0 being the finest."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Cut all boxes anew. Keys, labels and queries stay; descriptors and classes are made again.

    One that was killed is finished, or undone, when it is called again.
    """
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.recut import finish_recut
    from cryoal.campaign.recut import recut as cut
    from cryoal.cli.terminal import Terminal, print_json

    campaign = Campaign.open(directory, may_be_recut=True)
    with campaign.busy("recut"):
        is_finished = finish_recut(campaign.path)
        if is_finished:
            campaign = Campaign.open(directory)
        if is_finished and box in (None, campaign.pool.box) and level is None:
            print(f"finished: boxes of {campaign.pool.box} voxels are in their place")
            return
        report = cut(campaign, box=box, level=level, progress=Terminal())
    if as_json:
        print_json(asdict(report))
        return
    print(
        f"cut {how_many(report.n_boxes, 'box')} of {report.box} voxels of "
        f"{report.voxel_spacing:g} A; labels are kept"
    )
    if report.n_border:
        print(
            how_many(report.n_border, "box reaches beyond its", "boxes reach beyond their")
            + " tomogram"
        )
    if report.n_not_finite:
        print(
            how_many(report.n_not_finite, "box has", "boxes have")
            + " voxels that are not finite, filled as if outside"
        )
    for note in report.notes:
        print(f"note: {note}")
    print("next: " + command("status", directory))
