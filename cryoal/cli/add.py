"""``cryoal add``: tomograms and picks into the pool."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.add_report import as_facts, print_report
from cryoal.cli.arguments import AsJson, Directory, Scheduler
from cryoal.cli.switches import (
    DynamoOffset,
    ImodOffset,
    MotlOffset,
    RelionCentre,
    TextOffset,
    chosen,
)

__all__ = ["add"]


class Outside(StrEnum):
    """What becomes of picks outside their tomogram."""

    refuse = "refuse"
    skip = "skip"


class Density(StrEnum):
    """How particles look beside the ice."""

    white = "white"
    black = "black"


def add(
    directory: Directory,
    picks: Annotated[
        Path,
        typer.Option(help="A file of picks, of any format (docs: formats).", show_default=False),
    ],
    tomograms: Annotated[
        list[Path] | None,
        typer.Argument(metavar="TOMOGRAM...", help="MRC, OME-Zarr, TIFF, EM, HDF5; .gz, .bz2."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help="The tomogram of a name in the picks, where no rule finds it; or a table of them"
            " (columns tomogram, file).",
        ),
    ] = None,
    format_name: Annotated[
        str | None, typer.Option("--format", help="Instead of the one told by its columns.")
    ] = None,
    tomograms_star: Annotated[
        Path | None, typer.Option("--tomograms", help="RELION's or Warp's tomograms STAR.")
    ] = None,
    voxel_size: Annotated[
        float | None, typer.Option(help="Angstrom; in place of what the tomograms say.")
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            help="Of a file with several, by name or number; else the one of --voxel-size, or of"
            " the pool, and else the finest."
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(help="Of the scale in tomograms that name none: angstrom, nanometer ..."),
    ] = None,
    axes: Annotated[
        str | None,
        typer.Option(metavar="ORDER", help="Of the axes in tomograms that name none, as in zyx."),
    ] = None,
    show: Annotated[
        list[Path] | None,
        typer.Option(
            help="Denoised volumes to look at, or a folder of them; TOMOGRAM is learnt from."
        ),
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
    density: Annotated[
        Density | None, typer.Option(help="Whether particles are bright or dark; else guessed.")
    ] = None,
    specimen: Annotated[
        list[Path] | None,
        typer.Option(
            help="Mask that is not 0 where specimen is, or a folder of them; a mask a tomogram."
        ),
    ] = None,
    slab: Annotated[
        str | None,
        typer.Option(
            metavar="Z0:Z1",
            help="Sections that hold specimen: voxels along z, from Z0 to below Z1.",
        ),
    ] = None,
    relion_centre: RelionCentre = None,
    dynamo_offset: DynamoOffset = None,
    motl_offset: MotlOffset = None,
    imod_offset: ImodOffset = None,
    text_offset: TextOffset = None,
    source: Annotated[
        str | None,
        typer.Option(help="What this set of picks is called; put before its keys."),
    ] = None,
    outside: Annotated[
        Outside, typer.Option(help="Refuse all where picks lie outside, or skip these.")
    ] = Outside.refuse,
    min_distance: Annotated[
        float | None,
        typer.Option(help="Angstrom; of nearer picks the one of the best score is kept."),
    ] = None,
    min_score: Annotated[
        float | None, typer.Option(help="Leave out picks that the picker scored lower.")
    ] = None,
    lazy: Annotated[
        bool,
        typer.Option(
            "--lazy",
            help="Store no boxes: they are cut from the tomograms each time they are read.",
        ),
    ] = False,
    check: Annotated[
        bool, typer.Option(help="Look first whether picks lie where the density is.")
    ] = True,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Cut a box at each pick and add it to the pool. All of it, or nothing."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.check_quick import QuickCheck
    from cryoal.campaign.described import current_columns
    from cryoal.campaign.inherited_fit import expected_density, fits
    from cryoal.campaign.left_out_list import write_left_out
    from cryoal.cli.terminal import Terminal, print_json
    from cryoal.cli.working import working
    from cryoal.data.extract import extract
    from cryoal.data.given import parse_slab
    from cryoal.io.picks.chosen import parse_only
    from cryoal.io.picks.project import tomogram_files
    from cryoal.io.picks.read import read_picks
    from cryoal.io.picks.told_names import told_names
    from cryoal.io.volumes.base import Told

    campaign, terminal = Campaign.open(directory), Terminal()
    with campaign.busy("add"), working(campaign, scheduler, terminal):
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
        report = extract(
            campaign.pool_path,
            tomograms or (),
            table,
            box=campaign.config.pool.box,
            named=told_names(name or ()),
            listed=tomogram_files(table),
            voxel_spacing=voxel_size,
            told=Told(unit=unit, level=level, axes=axes),
            show=show or (),
            lazy=lazy,
            density=density.value if density else None,
            masks=specimen or (),
            slab=parse_slab(slab) if slab else None,
            source=source,
            outside=outside.value,
            min_distance=min_distance,
            min_score=min_score,
            look=fits(campaign, QuickCheck(campaign.config.pool.box) if check else None),
            like=expected_density(campaign),
            crew=campaign.crew,
            progress=terminal,
        )
        missing = write_left_out(campaign) if report.n_added and report.left_out else None
        if campaign.config.classifier.use != "pair":
            current_columns(
                campaign, terminal, may_learn=False
            )  # a kill loses nothing: the next command goes on
    if as_json:
        print_json(as_facts(report))
        return
    print_report(report, directory, missing, was_told=density is not None)
