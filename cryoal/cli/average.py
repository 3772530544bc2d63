"""``cryoal average``: the mean of the boxes of a class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory, Force

__all__ = ["average"]


def average(
    directory: Directory,
    name: Annotated[str, typer.Option("--class", help="The class.", show_default=False)],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="An MRC file.", show_default=False)
    ],
    align: Annotated[
        str | None,
        typer.Option(
            metavar="pose|none|sphere",
            help="By the picks' poses; as boxes lie; all turns of that. By poses where there are.",
            show_default=False,
        ),
    ] = None,
    min_probability: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Only boxes at least as probable.")
    ] = 0.0,
    labelled: Annotated[
        bool, typer.Option("--labelled", help="Only boxes that an expert called so.")
    ] = False,
    most: Annotated[
        int | None, typer.Option(min=2, help="Of more boxes, so many at random.")
    ] = None,
    halves: Annotated[
        bool, typer.Option("--halves", help="Two halves and their correlation beside it.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(help="The slices through its middle, .png, .svg or .pdf.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Average the boxes of a class. By pose where the picks have one; what it lacks is said."""
    from cryoal.campaign.average_files import write_average
    from cryoal.campaign.averages import ALIGN
    from cryoal.campaign.campaign import Campaign
    from cryoal.cli.terminal import Terminal, print_json
    from cryoal.errors import ConfigError

    how = next((known for known in ALIGN if known == align), None)
    if align is not None and how is None:
        raise ConfigError(f"expected --align one of {', '.join(ALIGN)}, found {align!r}")
    found, files = write_average(
        Campaign.open(directory),
        output,
        name,
        how,
        min_probability=min_probability,
        only_labelled=labelled,
        most=most,
        halves=halves,
        picture=picture,
        force=force,
        progress=Terminal(),
    )
    if as_json:
        print_json({**found.as_json(), "files": [str(file) for file in files]})
        return
    for line in found.lines():
        print(line)
    print(f"wrote {', '.join(map(str, files))}")
