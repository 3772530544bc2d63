"""``cryoal review``: the expert and the boxes."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cryoal.cli.arguments import Directory, Force
from cryoal.commands import command
from cryoal.how_many import how_many
from cryoal.review.annotator import login

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.campaign.campaign import Campaign
    from cryoal.review.modes import Mode
    from cryoal.review.session import Session

__all__ = ["review"]


class Order(StrEnum):
    """Which box comes first."""

    score = "score"
    likeness = "likeness"
    tomogram = "tomogram"
    least = "least"
    surest = "surest"


class Answered(StrEnum):
    """Boxes that somebody has answered, or nobody."""

    any = "any"
    yes = "yes"
    no = "no"


class Suggestions(StrEnum):
    """When what the classifier thinks is shown."""

    open = "open"
    after = "after"
    blind = "blind"


def review(
    directory: Directory,
    annotator: Annotated[
        str | None, typer.Option(help="Who answers; your user name unless given.")
    ] = None,
    which: Annotated[
        str,
        typer.Option(
            "--queue",
            metavar="QUEUE",
            help="Boxes: query, cycle:N, audit, disputed, flagged, unsure, suspicious, class:NAME, "
            "tomogram:NAME, keys, all.",
        ),
    ] = "query",
    order: Annotated[
        Order | None,
        typer.Option(help="Alike together (a query's default), least or most sure first ..."),
    ] = None,
    most: Annotated[
        int, typer.Option(help="Boxes of class:, tomogram:, keys and all.", min=1)
    ] = 200,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", help="Only boxes of this class now; 'none': of no class."),
    ] = None,
    probability: Annotated[
        str, typer.Option(metavar="LOW:HIGH", help="Only those as sure as this.")
    ] = "0:1",
    doubt: Annotated[
        str, typer.Option(metavar="LOW:HIGH", help="Only those as doubtful as this, 0 to 1.")
    ] = "0:1",
    tomograms: Annotated[
        list[str] | None, typer.Option("--tomogram", help="Only those of this tomogram.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="Only those that this annotator has answered.")
    ] = None,
    answered: Annotated[Answered, typer.Option(help="Only those with an answer, or without.")] = (
        Answered.any
    ),
    keys: Annotated[
        list[str] | None, typer.Option("--key", help="A box of --queue keys; as often as needed.")
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide what the classifier thinks.")
    ] = False,
    suggestions: Annotated[
        Suggestions | None,
        typer.Option(help="Show what the classifier thinks; after: once a box has an answer."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a page to label in a browser, anywhere.")
    ] = None,
    force: Force = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Label in a browser on this machine.")
    ] = False,
    port: Annotated[int, typer.Option(help="With --serve; 0: any.", min=0, max=65535)] = 0,
) -> None:
    """Label the queried boxes with one key each. In napari, or in a browser."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.review.where import NO_CLASS, Where

    if html is not None and serve:
        raise typer.BadParameter("expected --html FILE or --serve, found both")
    if blind and suggestions not in (None, Suggestions.blind):
        raise typer.BadParameter(f"expected --blind or --suggestions {suggestions}, found both")
    mode: Mode | None = None if suggestions is None else suggestions.value
    if keys and which == "query":
        which = "keys"
    campaign = Campaign.open(directory)
    asked: dict[str, Any] = {
        "which": which,
        "where": Where(
            classes=tuple(NO_CLASS if name == "none" else name for name in classes or ()),
            probability=_range(probability, "--probability"),
            doubt=_range(doubt, "--doubt"),
            tomograms=tuple(tomograms or ()),
            annotators=tuple(by or ()),
            answered=answered.value,
        ),
        "order": None if order is None else order.value,
        "most": most,
        "keys": tuple(keys or ()),
    }
    if html is not None:
        _write(campaign, html, annotator, asked, blind=blind, mode=mode, force=force)
    elif serve:
        from cryoal.browser.server import serve as run

        run(
            campaign,
            **asked,
            blind=blind,
            mode=mode,
            port=port,
            annotator=annotator,
            said=lambda line: print(line, flush=True),
        )
    else:
        _in_napari(_session(campaign, annotator or login(), asked, blind=blind, mode=mode))


def _range(text: str, option: str) -> tuple[float, float]:
    """``0.4:0.6``, ``0.4:`` or ``:0.6``."""
    low, colon, high = text.partition(":")
    try:
        if not colon:
            raise ValueError
        return float(low or 0), float(high or 1)
    except ValueError:
        raise typer.BadParameter(f"expected {option} LOW:HIGH, found {text!r}") from None


def _session(
    campaign: Campaign,
    annotator: str,
    asked: Mapping[str, Any],
    *,
    blind: bool,
    mode: Mode | None,
) -> Session:
    from cryoal.review.queue import make_queue
    from cryoal.review.screen import require_screen
    from cryoal.review.session import Session

    require_screen(campaign.typed)
    queue = make_queue(campaign, annotator, **asked)
    return Session(campaign, queue, annotator, interface="napari", blind=blind, mode=mode)


def _in_napari(session: Session) -> None:
    print("opening napari ...", file=sys.stderr, flush=True)  # which takes seconds
    from cryoal.napari_plugin.launch import open_review

    open_review(session)
    print(f"{session.annotator}: {session.progress().line()}")


def _write(
    campaign: Campaign,
    path: Path,
    annotator: str | None,
    asked: Mapping[str, Any],
    *,
    blind: bool,
    mode: Mode | None,
    force: bool,
) -> None:
    from cryoal.browser.page import write_page
    from cryoal.cli.terminal import Terminal
    from cryoal.review.queue import make_queue

    queue = make_queue(campaign, annotator or "page", **asked)
    report = write_page(
        campaign,
        queue,
        path,
        annotator=annotator,
        blind=blind,
        mode=mode,
        force=force,
        progress=Terminal(),
    )
    print(f"wrote {path}: {how_many(len(queue.items), 'box')}, {report.n_bytes / 1e6:.1f} MB")
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)
    print("open it in a browser; when done, press Save there, then:")
    print(f"  {command('label', campaign.typed)} review_*.json")
