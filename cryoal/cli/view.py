"""``cryoal view``: the classes in the tomogram."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cryoal.cli.arguments import Directory
from cryoal.commands import command

__all__ = ["view"]


def view(
    directory: Directory,
    tomogram: Annotated[
        str | None, typer.Option(help="Its name; the first one unless named.")
    ] = None,
    text: Annotated[
        bool, typer.Option("--text", help="Class and probability in words beside each point.")
    ] = False,
    in_3d: Annotated[bool, typer.Option("--3d", help="In three dimensions.")] = False,
) -> None:
    """Show classes in the tomogram, in napari. Points by class, filters, corrections, new picks."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.errors import CampaignError
    from cryoal.registry import nearest
    from cryoal.review.screen import require_screen

    campaign = Campaign.open(directory)
    names = campaign.pool.tomogram_names
    if tomogram is not None and tomogram not in names:
        raise CampaignError(f"no tomogram called {tomogram!r}{nearest(tomogram, names)}")
    require_screen(directory, f"look at it in a browser: {command('serve', directory)}")
    print("opening napari ...", file=sys.stderr, flush=True)  # which takes seconds
    from cryoal.napari_plugin.launch import open_view

    open_view(directory, tomogram or names[0], with_text=text, in_3d=in_3d)
