"""``cryoal export``: back to the program that goes on, or to a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import Directory, Force
from cryoal.how_many import how_many

__all__ = ["export"]


def export(
    directory: Directory,
    to: Annotated[
        str,
        typer.Option(help="As in `cryoal list formats`.", show_default=False),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file, or folder.", show_default=False)
    ],
    name: Annotated[str | None, typer.Option("--class", help="Only this class.")] = None,
    min_probability: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Only particles at least as probable.")
    ] = 0.0,
    expect_right: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Only classes and probabilities of which this share is right."
        ),
    ] = None,
    with_undecided: Annotated[
        bool,
        typer.Option("--undecided", help="With a filter: undecided and disputed boxes too."),
    ] = False,
    tomograms: Annotated[
        Path | None,
        typer.Option(
            help="RELION's or Warp's tomograms STAR: unbinned size and pixel, the microscope."
        ),
    ] = None,
    pixel_size: Annotated[
        float | None,
        typer.Option(min=0.0, help="Angstrom; of the unbinned tilt series, where nothing says it."),
    ] = None,
    voltage: Annotated[
        float | None, typer.Option(min=0.0, help="kV; for RELION's optics table.")
    ] = None,
    spherical_aberration: Annotated[
        float | None, typer.Option("--cs", min=0.0, help="mm; for RELION's optics table.")
    ] = None,
    force: Force = False,
) -> None:
    """Write the classified particles. Every column that came in, and ours added."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.export import export as export_particles
    from cryoal.campaign.export_known import TiltSeries
    from cryoal.cli.terminal import Terminal

    campaign = Campaign.open(directory)
    with campaign.busy("export", may_only_read=True):
        written = export_particles(
            campaign,
            to,
            output,
            only_class=name,
            min_probability=min_probability,
            expect_right=expect_right,
            with_undecided=with_undecided,
            tilt_series=TiltSeries(tomograms, pixel_size, voltage, spherical_aberration),
            force=force,
            progress=Terminal(),
        )
    print(f"{how_many(written, 'particle')}: {output}")
