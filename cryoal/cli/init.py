"""``cryoal init``: a new campaign."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cryoal.cli.arguments import Directory
from cryoal.commands import command
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from cryoal.config import Config

__all__ = ["init"]


def init(
    directory: Directory,
    classes: Annotated[
        str | None,
        typer.Option(
            help="Names of the classes, with commas between; with --from those of the model if "
            "left out.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="OLD",
            help="A campaign or a model (cryoal model export) to go on from: its classes, settings "
            "and classifier.",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="See: cryoal list presets. laptop if left out; not with --from.",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Any setting, e.g. pool.box=16."),
    ] = None,
) -> None:
    """Make a new campaign. Every setting is written to DIR/campaign.toml."""
    from cryoal.errors import ConfigError

    names = None if classes is None else [name.strip() for name in classes.split(",")]
    if source is not None:
        if preset is not None:
            raise ConfigError(
                "expected the settings of the model with --from, found --preset as well: single "
                "settings are told with --set"
            )
        _from(directory, source, names, settings or [])
        return
    if names is None:
        raise ConfigError("expected --classes NAME,NAME,... (or --from a campaign), found neither")
    from cryoal.campaign.campaign import Campaign, check_names
    from cryoal.config import make_config

    preset = preset or "laptop"
    config = make_config(names, preset, settings or [])
    check_names(config)
    Campaign.create(directory, config)
    _said_of_classes(config)
    print(f"made {directory}: classes {', '.join(names)}; box {config.pool.box}; preset {preset}")
    print("next: " + command("add", directory, "TOMOGRAM...", "--picks", "FILE"))


def _from(directory: Path, source: Path, names: list[str] | None, settings: list[str]) -> None:
    from cryoal.campaign.inherit import begin_from, model_at
    from cryoal.cli.terminal import Terminal

    model = model_at(source, progress=Terminal())
    campaign = begin_from(directory, model, classes=names, settings=settings)
    card, config = model.card, campaign.config
    _said_of_classes(config)
    there = sum(n for name, n in card.labels.items() if name in config.classes)
    left = {name: n for name, n in card.labels.items() if n and name not in config.classes}
    print(
        f"made {directory} from {source}: classes {', '.join(config.classes)}; box "
        f"{config.pool.box}, voxels of {card.voxel_spacing:g} A; {there} labels of {source} count "
        f"{config.reuse.weight:g} each (reuse.weight)"
    )
    for name, n in left.items():
        print(f"left out: {how_many(n, 'label')} of {name}, which is no class here")
    print("next: " + command("add", directory, "TOMOGRAM...", "--picks", "FILE"))


def _said_of_classes(config: Config) -> None:
    from cryoal.campaign.class_names import class_notes

    for note in class_notes(config.classes):
        print(f"note: {note}", file=sys.stderr)
