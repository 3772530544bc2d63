"""``cryoal init``: a new campaign."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cryoal.cli.arguments import Directory
from cryoal.commands import command

__all__ = ["init"]


def init(
    directory: Directory,
    classes: Annotated[
        str, typer.Option(help="Names of the classes, with commas between.", show_default=False)
    ],
    preset: Annotated[str, typer.Option(help="See: cryoal list presets.")] = "laptop",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Any setting, e.g. pool.box=16."),
    ] = None,
) -> None:
    """Make a new campaign. Every setting is written to DIR/campaign.toml."""
    from cryoal.campaign.campaign import Campaign, check_names
    from cryoal.campaign.class_names import class_notes
    from cryoal.config import make_config

    names = [name.strip() for name in classes.split(",")]
    config = make_config(names, preset, settings or [])
    check_names(config)
    Campaign.create(directory, config)
    for note in class_notes(config.classes):
        print(f"note: {note}", file=sys.stderr)
    print(f"made {directory}: classes {', '.join(names)}; box {config.pool.box}; preset {preset}")
    print("next: " + command("add", directory, "TOMOGRAM...", "--picks", "FILE"))
