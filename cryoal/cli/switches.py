"""Where programs disagree on a format of picks: an option for each choice."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["DynamoOffset", "ImodOffset", "MotlOffset", "RelionCentre", "TextOffset", "chosen"]

PANEL = "Where programs disagree on a format"

RelionCentre = Annotated[
    str | None,
    typer.Option(
        metavar="half|half-1",
        rich_help_panel=PANEL,
        help="RELION 5: the middle that coordinates are counted from: half of the size in unbinned"
        " pixels (half), or a pixel less, as its Python picker has it.",
        show_default=False,
    ),
]
DynamoOffset = Annotated[
    str | None,
    typer.Option(
        metavar="0.5|0|1",
        rich_help_panel=PANEL,
        help="Dynamo's .tbl: where the middle of the first voxel is (0.5; copick, cryoCAT and"
        " dynamo2m write 0).",
        show_default=False,
    ),
]
MotlOffset = Annotated[
    str | None,
    typer.Option(
        metavar="1|0",
        rich_help_panel=PANEL,
        help="Motive list .em: the number of the first voxel (1).",
        show_default=False,
    ),
]
ImodOffset = Annotated[
    str | None,
    typer.Option(
        metavar="0.5|0",
        rich_help_panel=PANEL,
        help="IMOD's .mod: where the middle of the first voxel is in x and y (0.5; in z it is 0).",
        show_default=False,
    ),
]
TextOffset = Annotated[
    str | None,
    typer.Option(
        metavar="0|0.5|1",
        rich_help_panel=PANEL,
        help="Text of x y z: where the middle of the first voxel is (0).",
        show_default=False,
    ),
]


def chosen(**switches: str | None) -> dict[str, str]:
    """Those that the user gave, as ``read_picks`` takes them."""
    return {name: value for name, value in switches.items() if value is not None}
