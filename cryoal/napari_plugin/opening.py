"""A queue that was asked for, opened as a sitting beside the main thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari.qt.threading import thread_worker
from qtpy.QtCore import QObject, Signal

from cryoal.campaign.alike import alike
from cryoal.campaign.audit_ready import ready_audit
from cryoal.campaign.campaign import Campaign
from cryoal.errors import CryoALError
from cryoal.review.queue import MOST, make_queue
from cryoal.review.session import Session
from cryoal.review.where import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.review.modes import Mode
    from cryoal.review.orders import Order
    from cryoal.review.where import Where

__all__ = ["LIKE", "Opener", "Request", "open_session"]

LIKE = 40
"""Boxes that are looked for when some like one are wanted."""


@dataclass(frozen=True)
class Request:
    """Which boxes somebody wants to see, and how."""

    which: str = "query"
    """As :meth:`cryoal.review.which.Which.parse` reads it."""
    where: Where = EVERYTHING
    order: Order | None = None
    most: int = MOST
    keys: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    """Boxes that the wanted ones are to be like."""
    mode: Mode | None = None
    """None: as the campaign says."""
    draw: int = 0
    """Boxes to draw for an audit first, unless some wait for answers."""
    selects_all: bool = False
    """Whether every box is selected, so that the next key is about all of them."""


class Opener(QObject):
    """Opens what is asked for beside the main thread, one at a time."""

    opened = Signal(object, object)
    """The :class:`~cryoal.review.session.Session` and the :class:`Request`."""
    failed = Signal(str)
    """Why there is none, in a line."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted: Request | None = None

    def open(self, path: Path, annotator: str, wanted: Request) -> bool:
        """Begin to; False where another queue is being opened."""
        if self._wanted is not None:
            return False
        self._wanted = wanted
        thread_worker(open_session, connect={"returned": self._done})(path, annotator, wanted)
        return True

    def _done(self, found: Session | str) -> None:
        """In the main thread again."""
        wanted, self._wanted = self._wanted, None
        if isinstance(found, str):
            self.failed.emit(found)
        else:
            self.opened.emit(found, wanted)


def open_session(path: Path, annotator: str, wanted: Request) -> Session | str:
    """The sitting that was asked for, or in one line why there is none."""
    try:
        campaign = Campaign.open(path)
        if wanted.draw:
            ready_audit(campaign, wanted.draw)
        keys = wanted.keys
        if wanted.like:
            keys = tuple(alike(campaign, wanted.like, LIKE).keys)
        queue = make_queue(
            campaign,
            annotator,
            which="keys" if wanted.like else wanted.which,
            where=wanted.where,
            order=wanted.order,
            most=wanted.most,
            keys=keys,
        )
        return Session(campaign, queue, annotator, interface="napari", mode=wanted.mode)
    except (CryoALError, OSError) as error:
        return str(error)
