"""``cryoal picks``: what is in a file of picks, before anything is cut."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson
from cryoal.cli.switches import (
    DynamoOffset,
    ImodOffset,
    MotlOffset,
    RelionCentre,
    TextOffset,
    chosen,
)

__all__ = ["picks"]


def picks(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As for cryoal add --picks.")],
    format_name: Annotated[
        str | None, typer.Option("--format", help="Instead of the one told by its columns.")
    ] = None,
    tomograms_star: Annotated[
        Path | None, typer.Option("--tomograms", help="RELION's or Warp's tomograms STAR.")
    ] = None,
    coordinate_spacing: Annotated[
        float | None,
        typer.Option(help="Angstrom per unit of the coordinates (Warp's --coords_angpix)."),
    ] = None,
    tomogram_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="The column that names the tomogram; none where no column does."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=VALUE", help="Only picks with this value in this column."),
    ] = None,
    relion_centre: RelionCentre = None,
    dynamo_offset: DynamoOffset = None,
    motl_offset: MotlOffset = None,
    imod_offset: ImodOffset = None,
    text_offset: TextOffset = None,
    as_json: AsJson = False,
) -> None:
    """Say what a file of picks holds. Format and why, unit, tomograms, first positions."""
    from cryoal.cli.terminal import print_json
    from cryoal.io.picks.chosen import parse_only
    from cryoal.io.picks.preview import preview
    from cryoal.io.picks.read import read_picks

    found = preview(
        read_picks(
            file,
            format_name=format_name,
            tomograms=tomograms_star,
            coordinate_spacing=coordinate_spacing,
            tomogram_column=tomogram_column,
            only=parse_only(only or ()),
            switches=chosen(
                relion_centre=relion_centre,
                dynamo_offset=dynamo_offset,
                motl_offset=motl_offset,
                imod_offset=imod_offset,
                text_offset=text_offset,
            ),
        )
    )
    if as_json:
        print_json(found.as_json())
        return
    for line in found.lines():
        print(line)
