"""``cryoal check``: whether picks lie where the density is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson, Force
from cryoal.cli.switches import (
    DynamoOffset,
    ImodOffset,
    MotlOffset,
    RelionCentre,
    TextOffset,
    chosen,
)

__all__ = ["check"]

PICTURE = Path("check.png")


def check(
    tomograms: Annotated[
        list[Path] | None,
        typer.Argument(metavar="TOMOGRAM...", help="Tomograms; or a campaign's directory alone."),
    ] = None,
    picks: Annotated[Path | None, typer.Option(help="File of picks, as for add.")] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="As for add."),
    ] = None,
    format_name: Annotated[str | None, typer.Option("--format", help="As for add.")] = None,
    tomograms_star: Annotated[
        Path | None, typer.Option("--tomograms", help="RELION's or Warp's tomograms STAR.")
    ] = None,
    voxel_size: Annotated[
        float | None, typer.Option(help="Angstrom; in place of what the tomograms say.")
    ] = None,
    level: Annotated[str | None, typer.Option(help="Of a file with several, as for add.")] = None,
    unit: Annotated[str | None, typer.Option(help="Of the scale in tomograms, as for add.")] = None,
    axes: Annotated[
        str | None, typer.Option(metavar="ORDER", help="Of the axes in tomograms, as for add.")
    ] = None,
    coordinate_spacing: Annotated[
        float | None, typer.Option(help="Angstrom per unit of the coordinates.")
    ] = None,
    tomogram_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column that names the tomogram.")
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
    box: Annotated[
        int | None,
        typer.Option(help="Voxels; particles fill a third to all of it. 320 angstrom if not said."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The picture, a PNG.")] = PICTURE,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Say whether picks lie where the density is. A picture, a sentence.

    Exit code 0: nothing is wrong. 1: another reading fits clearly better. 2: cannot be read.
    """
    from cryoal.campaign.check import check as look
    from cryoal.campaign.check import of_files, of_pool
    from cryoal.campaign.check_picture import require_picture, write_picture
    from cryoal.campaign.check_said import as_json as values
    from cryoal.campaign.check_said import lines, sentence
    from cryoal.cli.terminal import Terminal, print_json

    terminal, given = Terminal(), tomograms or []
    require_picture(output, force=force)
    if picks is None:
        from cryoal.campaign.campaign import Campaign
        from cryoal.errors import PicksError

        if len(given) != 1 or not given[0].is_dir():
            raise PicksError("expected --picks FILE, or the directory of a campaign, found neither")
        pool = Campaign.open(given[0]).pool
        subjects, box = of_pool(pool), box or pool.box
    else:
        from cryoal.io.picks.chosen import parse_only
        from cryoal.io.picks.project import tomogram_files
        from cryoal.io.picks.read import read_picks
        from cryoal.io.picks.told_names import told_names
        from cryoal.io.volumes.base import Told

        table = read_picks(
            picks,
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
        terminal.say(f"{picks}: {table.format} ({table.reason})")
        subjects = of_files(
            given,
            table,
            told=Told(voxel_size, unit, level, axes),
            named=told_names(name or ()),
            listed=tomogram_files(table),
        )
    found = look(subjects, box, progress=terminal)
    write_picture(found, output)
    if as_json:
        print_json(values(found) | {"picture": str(output)})
    else:
        for one in found.tomograms:
            print("\n".join(lines(one)))
        print(sentence(found))
        print(f"picture: {output}")
    if found.is_wrong:
        raise typer.Exit(1)
