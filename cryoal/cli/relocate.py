"""``cryoal relocate``: where the tomograms are now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory

__all__ = ["relocate"]

MANY = 4  # names in a line


def relocate(
    directory: Directory,
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER...",
            help="Where to look for the files by name, in folders within too; or the tomograms.",
            show_default=False,
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Say where moved tomograms are now. Each is compared with the one that was cut.

    Exit code 2 when some are still missing; those that were found are recorded.
    """
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.relocate import relocate as look
    from cryoal.cli.terminal import Terminal, print_json
    from cryoal.errors import CampaignError

    campaign = Campaign.open(directory)
    with campaign.busy("relocate"):
        told = look(campaign, folders, progress=Terminal())
    if as_json:
        print_json(told.as_json())
    else:
        for line in told.lines():
            print(line)
    if told.missing:
        names = ", ".join(name for name, _ in told.missing[:MANY])
        n = len(told.there) + len(told.found) + len(told.missing)
        more = ", ..." if len(told.missing) > MANY else ""
        raise CampaignError(
            f"expected all {n} tomograms, {len(told.missing)} are still missing ({names}{more}); "
            f"the {len(told.found)} that were found are recorded"
        )
