"""``cryoal report``: one page that shows a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import Directory, Force
from cryoal.how_many import how_many

__all__ = ["report"]


def report(
    directory: Directory,
    output: Annotated[Path, typer.Option("-o", "--output", help="The page.")] = Path("report.html"),
    figures: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Each figure as SVG too, with its numbers as CSV.",
            show_default=False,
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Write one page that shows the campaign. The classes, what to do next, the audit, curves."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.report import write_figures, write_report
    from cryoal.cli.terminal import Terminal

    campaign = Campaign.open(directory)
    write_report(campaign, output, force=force, progress=Terminal())
    print(f"wrote {output}")
    if figures is not None:
        names = write_figures(campaign, figures, force=force, progress=Terminal())
        print(f"wrote {how_many(len(names), 'file')} to {figures}")
