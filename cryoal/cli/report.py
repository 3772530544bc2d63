"""``cryoal report``: one page that shows a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import Directory, Force

__all__ = ["report"]


def report(
    directory: Directory,
    output: Annotated[Path, typer.Option("-o", "--output", help="The page.")] = Path("report.html"),
    force: Force = False,
) -> None:
    """Write one page that shows the campaign. The curve, classes, queried boxes, settings."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.report import write_report
    from cryoal.cli.terminal import Terminal

    write_report(Campaign.open(directory), output, force=force, progress=Terminal())
    print(f"wrote {output}")
