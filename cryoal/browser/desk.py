"""What the server of a review does, without HTTP."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from cryoal.browser.page import journals, render, render_question, settings
from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_ready import ready_audit
from cryoal.campaign.campaign import Campaign
from cryoal.campaign.class_names import require_new_name
from cryoal.campaign.settings_file import add_class, settings_stamp
from cryoal.review.intake import Known, take_in
from cryoal.review.queue import MOST, Where, Which, make_queue
from cryoal.review.where import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.browser.page import Rendered
    from cryoal.records import Json
    from cryoal.review.modes import Mode
    from cryoal.review.queue import Order, Queue

__all__ = ["Desk"]


class Desk:
    """Pages out, presses into the journals; several threads may ask at once."""

    def __init__(
        self,
        path: Path,
        *,
        which: Which | str = "query",
        where: Where = EVERYTHING,
        order: Order | None = None,
        most: int = MOST,
        keys: Sequence[str] = (),
        blind: bool = False,
        mode: Mode | None = None,
    ) -> None:
        self.path = path
        self._which = str(which)
        self._asked: dict[str, Any] = {
            "where": where,
            "order": order,
            "most": most,
            "keys": tuple(keys),
        }
        self._blind, self._mode = blind, mode
        self._lock = threading.RLock()
        self._stamp: tuple[int, ...] | None = None
        self._queues: dict[tuple[str, str, int], Queue] = {}
        self._known: dict[str, Known] = {}

    def page(self, annotator: str | None, token: str, which: str | None = None) -> Rendered:
        """The page of an annotator; one that asks for the name where there is none.

        `which`: the boxes, in place of those of the desk.
        """
        with self._lock:
            campaign = self._fresh()
            if annotator is None:
                return render_question(campaign, token)
            queue = self._queue(campaign, annotator, which, is_new=True)
            return render(
                campaign,
                queue,
                annotator=annotator,
                blind=self._blind,
                mode=self._mode,
                token=token,
            )

    def events(self, annotator: str, which: str | None = None) -> dict[str, Json]:
        """Everybody's lines about the boxes of the annotator's queue."""
        with self._lock:
            campaign = self._fresh()
            queue = self._queue(campaign, annotator, which)
            return {
                "journals": journals(campaign, queue),
                "settings": settings(campaign.config),
            }

    def take(self, annotator: str, lines: list[dict[str, Any]]) -> dict[str, Json]:
        """Lines to the journal; they are on the disk before this returns."""
        with self._lock:  # the same lines twice at once would both be new
            campaign = self._fresh()
            if annotator not in self._known:
                self._known[annotator] = Known(campaign.labels.journal(annotator))
            known = self._known[annotator]
            taken = take_in(campaign, annotator, lines, source="the browser", known=known)
            return {"taken": sum(taken.values()), "settings": settings(campaign.config)}

    def add_class(self, name: str) -> dict[str, Json]:
        """A class more in ``campaign.toml``."""
        with self._lock:
            wanted, classes = name.strip(), self._fresh().config.classes
            if wanted not in classes:
                require_new_name(wanted, classes)
            return {"settings": settings(add_class(self.path, wanted))}

    def audit(self, n: int) -> dict[str, Json]:
        """An audit to answer: `n` boxes are drawn unless some wait already; 0: none is drawn."""
        with self._lock:
            campaign = self._fresh()
            if n:
                return {"open": ready_audit(campaign, n)}
            found = audit_now(campaign)
            return {"open": len(found.open) if found is not None else 0}

    def wait(self) -> None:
        """Return when nothing is being written."""
        with self._lock:
            return

    def _fresh(self) -> Campaign:
        """The campaign with the settings and the boxes of now."""
        boxes = (self.path / "pool.zarr").stat()  # a folder for each import
        stamp = (*settings_stamp(self.path), boxes.st_mtime_ns)
        if stamp != self._stamp:
            self._campaign = Campaign.open(self.path)
            self._stamp = stamp
            self._queues.clear()  # suggestions carry the names of classes
        return self._campaign

    def _queue(
        self, campaign: Campaign, annotator: str, which: str | None, *, is_new: bool = False
    ) -> Queue:
        """The queue as the annotator's page has it: what is disputed changes with every answer."""
        campaign.labels.journal(annotator)  # a name that can be a file's
        wanted = which or self._which
        place = (annotator, wanted, campaign.next_cycle())
        if place not in self._queues or (is_new and wanted != "query"):
            asked = self._asked if wanted == self._which else {}
            self._queues[place] = make_queue(campaign, annotator, which=wanted, **asked)
        return self._queues[place]
