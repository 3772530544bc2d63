"""``cryoal montage``: boxes of a class as one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import Directory, Force

__all__ = ["montage"]


def montage(
    directory: Directory,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="A .png, .svg or .pdf file.", show_default=False),
    ],
    name: Annotated[
        list[str] | None,
        typer.Option(
            "--class", help="A class; may be given again. All without.", show_default=False
        ),
    ] = None,
    boxes: Annotated[
        str, typer.Option(help="Which: surest, least, threshold, random or labelled.")
    ] = "surest",
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="For --boxes threshold; else where labels tell 90 % right."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="For --boxes random.")] = None,
    rows: Annotated[int, typer.Option(help="Of boxes, for each class.")] = 4,
    columns: Annotated[int, typer.Option(help="Of boxes.")] = 8,
    planes: Annotated[str, typer.Option(help="Slabs of each box, such as xy,xz,yz.")] = "xy",
    thickness: Annotated[
        int | None, typer.Option(help="Voxels of a slab; as in the review if not given.")
    ] = None,
    size: Annotated[float, typer.Option(help="Edge of a slab, mm.")] = 18.0,
    font: Annotated[float, typer.Option(help="Size of words, pt.")] = 8.0,
    captions: Annotated[
        str, typer.Option(help="Below each box: probability, key or none.")
    ] = "probability",
    title: Annotated[
        str | None, typer.Option(help='In place of what is said above; "" for nothing.')
    ] = None,
    no_bar: Annotated[bool, typer.Option("--no-bar", help="Without a scale bar.")] = False,
    invert: Annotated[bool, typer.Option("--invert", help="Draw density dark.")] = False,
    dark: Annotated[bool, typer.Option("--dark", help="On black, for dark slides.")] = False,
    dpi: Annotated[float, typer.Option(help="Pixels an inch.")] = 300.0,
    force: Force = False,
) -> None:
    """Draw boxes of a class as one picture with a scale bar. For a talk or a paper."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.class_boxes import WHICH
    from cryoal.campaign.montage import Look, write_montage
    from cryoal.cli.terminal import Terminal
    from cryoal.errors import ConfigError

    which = next((known for known in WHICH if known == boxes), None)
    if which is None:
        raise ConfigError(f"expected --boxes one of {', '.join(WHICH)}, found {boxes!r}")
    look = Look(
        rows=rows,
        columns=columns,
        planes=tuple(planes.split(",")),
        thickness=thickness,
        size=size,
        font=font,
        captions=captions,
        title=title,
        has_bar=not no_bar,
        is_inverted=invert,
        is_dark=dark,
        dpi=dpi,
    )
    groups = write_montage(
        Campaign.open(directory),
        output,
        name or (),
        which,
        look,
        threshold=threshold,
        seed=seed,
        force=force,
        progress=Terminal(),
    )
    for group in groups:
        print(f"{group.name}: {len(group.rows)} of {group.n_all}, {group.said}")
    print(f"wrote {output}")
