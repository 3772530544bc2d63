"""``cryoal review``: the expert and the boxes."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cryoal.cli.arguments import Directory, Force
from cryoal.commands import command
from cryoal.review.annotator import login

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.review.session import Session

__all__ = ["review"]


class Which(StrEnum):
    """Which boxes."""

    query = "query"
    audit = "audit"
    disputed = "disputed"
    flagged = "flagged"
    unsure = "unsure"
    suspicious = "suspicious"


class Order(StrEnum):
    """Which box comes first."""

    score = "score"
    tomogram = "tomogram"
    cluster = "cluster"


def review(
    directory: Directory,
    annotator: Annotated[
        str | None, typer.Option(help="Who answers; your user name unless given.")
    ] = None,
    which: Annotated[
        Which, typer.Option("--queue", help="The boxes of a query, or those that need a word.")
    ] = Which.query,
    cycle: Annotated[int | None, typer.Option(help="Of the query; the last one.", min=0)] = None,
    order: Annotated[
        Order, typer.Option(help="Most informative first, or boxes that look alike together.")
    ] = Order.score,
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide what the classifier thinks.")
    ] = False,
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

    if html is not None and serve:
        raise typer.BadParameter("expected --html FILE or --serve, found both")
    campaign = Campaign.open(directory)
    if html is not None:
        _write(campaign, html, annotator, which, cycle, order, blind=blind, force=force)
    elif serve:
        from cryoal.browser.server import serve as run

        run(
            campaign,
            kind=which.value,
            cycle=cycle,
            order=order.value,
            blind=blind,
            port=port,
            annotator=annotator,
            said=lambda line: print(line, flush=True),
        )
    else:
        name = annotator or login()
        _in_napari(_session(campaign, name, which, cycle, order, blind=blind))


def _session(
    campaign: Campaign,
    annotator: str,
    which: Which,
    cycle: int | None,
    order: Order,
    *,
    blind: bool,
) -> Session:
    from cryoal.review.queue import make_queue
    from cryoal.review.screen import require_screen
    from cryoal.review.session import Session

    require_screen()
    queue = make_queue(campaign, annotator, kind=which.value, cycle=cycle, order=order.value)
    return Session(campaign, queue, annotator, interface="napari", blind=blind)


def _in_napari(session: Session) -> None:
    print("opening napari ...", file=sys.stderr, flush=True)  # which takes seconds
    from cryoal.napari_plugin.launch import open_review

    open_review(session)
    print(f"{session.annotator}: {session.progress().line()}")


def _write(
    campaign: Campaign,
    path: Path,
    annotator: str | None,
    which: Which,
    cycle: int | None,
    order: Order,
    *,
    blind: bool,
    force: bool,
) -> None:
    from cryoal.browser.page import write_page
    from cryoal.cli.terminal import Terminal
    from cryoal.review.queue import make_queue

    queue = make_queue(
        campaign, annotator or "page", kind=which.value, cycle=cycle, order=order.value
    )
    report = write_page(
        campaign,
        queue,
        path,
        annotator=annotator,
        blind=blind,
        force=force,
        progress=Terminal(),
    )
    print(f"wrote {path}: {len(queue.items)} boxes, {report.n_bytes / 1e6:.1f} MB")
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)
    print("open it in a browser; when done, press Save there, then:")
    print(f"  {command('label', campaign.typed)} review_*.json")
