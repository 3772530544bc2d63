"""The review in browsers on this machine: pages out, presses into the journals."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from cryoal.browser.desk import Desk
from cryoal.browser.home import Home
from cryoal.browser.http import MOST_BYTES, MOST_THREADS, Listener
from cryoal.browser.site import ReviewSite
from cryoal.campaign.settings_file import NAME
from cryoal.commands import command
from cryoal.errors import CampaignError
from cryoal.review.queue import MOST, Where, Which, make_queue
from cryoal.review.where import EVERYTHING
from cryoal.signals import Stopped
from cryoal.within import keeping_to

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.review.modes import Mode
    from cryoal.review.queue import Order

__all__ = ["MOST_BYTES", "MOST_THREADS", "Server", "serve", "serve_folder"]


def serve(
    campaign: Campaign,
    *,
    which: Which | str = "query",
    where: Where = EVERYTHING,
    order: Order | None = None,
    most: int = MOST,
    keys: Sequence[str] = (),
    blind: bool = False,
    mode: Mode | None = None,
    port: int = 0,
    annotator: str | None = None,
    said: Callable[[str], None],
) -> None:
    """Serve the review until Ctrl-C or SIGTERM; `said` is given the address, and what else to tell.

    Parameters
    ----------
    which, where, order, most, keys
        As in :func:`cryoal.review.queue.make_queue`, which is called for each annotator.
    blind, mode
        Whether suggestions are hidden, or when they are shown; None: as the campaign says.
    port
        0: one that is the campaign's own, or any where that is taken.
    annotator
        Who is named in the address that is printed; None: the page asks.

    Raises
    ------
    CampaignError
        There is nothing to review, or the port cannot be had.
    LabelError
        `annotator` cannot be the name of one.
    """
    if annotator is not None:
        campaign.labels.journal(annotator)
    asked: dict[str, Any] = {
        "which": which,
        "where": where,
        "order": order,
        "most": most,
        "keys": keys,
    }
    make_queue(campaign, annotator or "page", **asked)  # nothing to do: said now
    desk = Desk(campaign.path, **asked, blind=blind, mode=mode)
    _until_stopped(Server(desk, port=port), annotator, said)


def serve_folder(folder: Path, *, port: int = 0, said: Callable[[str], None]) -> None:
    """Serve the campaigns under `folder` until Ctrl-C or SIGTERM; jobs go on after it.

    Raises
    ------
    CampaignError
        No such folder, a campaign itself, or the port cannot be had.
    """
    if not folder.is_dir():
        raise CampaignError(f"expected a folder to serve, found none at {folder}")
    around = (folder.resolve(), *folder.resolve().parents)
    inside = next((path for path in around if (path / NAME).is_file()), None)
    if inside is not None:
        raise CampaignError(
            f"expected a folder around campaigns, found the campaign {inside}: "
            f"{command('serve', inside.parent)}"
        )
    with keeping_to(folder):
        _until_stopped(Listener(Home(folder), port=port), None, said)


def _until_stopped(server: Listener, annotator: str | None, said: Callable[[str], None]) -> None:
    with server:
        try:
            said(f"open {server.address(annotator)}")
            said(
                "one tab for each annotator; the address is the key, give it to nobody. Ctrl-C ends"
            )
            threading.Event().wait()
        except (KeyboardInterrupt, Stopped):
            said("stopped; every confirmed answer is in the journals")


class Server(Listener):
    """The review of one campaign on a thread of its own (see :class:`Listener`)."""

    def __init__(self, desk: Desk, *, port: int = 0, token: str | None = None) -> None:
        super().__init__(ReviewSite(desk), port=port, token=token)
