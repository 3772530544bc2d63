"""``cryoal model``: what a campaign has learnt as one file, and a campaign that goes on from it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory, Force
from cryoal.commands import command
from cryoal.how_many import how_many

__all__ = ["model_commands"]

model_commands = typer.Typer(
    help="What a campaign has learnt, as one file: export, import, card.", no_args_is_help=True
)

ModelFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A model (cryoal model export).", show_default=False)
]


@model_commands.command("export")
def export_model(
    directory: Directory,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write.", show_default=False)
    ],
    voxels: Annotated[
        bool,
        typer.Option("--voxels", help="With the labelled boxes, for pairs: two bytes a voxel."),
    ] = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write what DIR has learnt to one file: labels as descriptors, encoder, pair, settings."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.model_export import model_of
    from cryoal.campaign.model_file import write_model
    from cryoal.campaign.outputs import check_output, writing
    from cryoal.cli.terminal import Terminal, print_json

    campaign, terminal = Campaign.open(directory), Terminal()
    check_output(campaign, output, force=force)
    with campaign.busy("model export", may_only_read=True):
        found = model_of(campaign, voxels=voxels, progress=terminal)
        with writing(campaign, output, force=force, progress=terminal) as target:
            card = write_model(target, found)
    if as_json:
        print_json(asdict(card))
        return
    size = output.stat().st_size / 1e6
    print(
        f"wrote {output}: {how_many(sum(card.labels.values()), 'label')} of {directory}, "
        f"{size:.1f} MB"
    )
    print(f"begin with it: {command('init', 'NEW', '--from', output)}")


@model_commands.command("import")
def import_(
    directory: Directory,
    file: ModelFile,
) -> None:
    """Let the campaign DIR go on from a model: its labels count beside DIR's own."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.inherit import import_model
    from cryoal.campaign.model_file import read_model

    campaign, model = Campaign.open(directory), read_model(file)
    with campaign.busy("model import"):
        for line in import_model(campaign, model):
            print(line)
    print(
        f"{directory} goes on from {how_many(sum(model.card.labels.values()), 'label')} of {file}"
    )
    print("next: " + command("status", directory))


@model_commands.command("card")
def card(file: ModelFile, as_json: AsJson = False) -> None:
    """Print what a model says about itself, after all of it was looked at."""
    from cryoal.campaign.model_file import read_model
    from cryoal.cli.terminal import print_json

    found = read_model(file).card
    if as_json:
        print_json(asdict(found))
        return
    for line in found.lines():
        print(line)
