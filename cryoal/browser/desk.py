"""What the server of a review does, without HTTP."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

from cryoal.browser import atlas, chooser, sides
from cryoal.browser.asked import Asked
from cryoal.browser.facts import journals, journals_about, settings
from cryoal.browser.look import Look
from cryoal.browser.page import render, render_question
from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_ready import ready_audit
from cryoal.campaign.campaign import Campaign
from cryoal.campaign.class_names import require_new_name
from cryoal.campaign.made_classes import bring_back, drop_unused
from cryoal.campaign.overview import overview, overview_stamp
from cryoal.campaign.settings_file import add_class, settings_stamp
from cryoal.campaign.threshold import Thresholds
from cryoal.data.events import Answer
from cryoal.review.closing import trend_lines
from cryoal.review.intake import Known, take_in
from cryoal.review.queue import MOST, Where, Which, make_queue
from cryoal.review.where import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.browser.page import Rendered
    from cryoal.campaign.overview import Overview
    from cryoal.records import Json
    from cryoal.review.modes import Mode
    from cryoal.review.queue import Order, Queue

__all__ = ["Desk"]

MOST_LASSOS = 50  # kept: a tab of each may be open


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
        home: str | None = None,
    ) -> None:
        self.path = path
        self._home = home
        self._asked = Asked(str(which), where, order, most, tuple(keys))
        self._blind, self._mode = blind, mode
        self._lock = threading.RLock()
        self._slider = threading.Lock()
        self._stamp: tuple[int, ...] | None = None
        self._queues: dict[tuple[str, Asked, int], Queue] = {}
        self._known: dict[str, Known] = {}
        self._made: set[str] = set()  # classes; undo may leave them without a label
        self._lassos: dict[str, tuple[str, ...]] = {}
        self._look: Look | None = None
        self._boxes: tuple[tuple[object, ...], Overview] | None = None
        self._thresholds: tuple[Overview, Thresholds] | None = None

    # the review

    def page(
        self, annotator: str | None, token: str, address: Mapping[str, str] | None = None
    ) -> Rendered:
        """The page of an annotator; one that asks for the name where there is none.

        `address`: the boxes, in place of those of the desk (:class:`~cryoal.browser.asked.Asked`).
        """
        with self._lock:
            campaign = self._fresh()
            if annotator is None:
                return render_question(campaign, token)
            queue = self._queue(campaign, annotator, address, is_new=True)
            return render(
                campaign,
                queue,
                annotator=annotator,
                blind=self._blind,
                mode=self._mode,
                token=token,
                home=self._home,
            )

    def events(self, annotator: str, address: Mapping[str, str] | None = None) -> dict[str, Json]:
        """Everybody's lines about the boxes of the annotator's queue."""
        with self._lock:
            campaign = self._fresh()
            queue = self._queue(campaign, annotator, address)
            return {
                "journals": journals(campaign, queue),
                "settings": settings(campaign.config),
            }

    def take(
        self, annotator: str, lines: list[dict[str, Any]], passed: Sequence[str] = ()
    ) -> dict[str, Json]:
        """Lines to the journal; they are on the disk before this returns.

        `passed`: audit boxes that the page's queue passed over.
        """
        with self._lock:  # the same lines twice at once would both be new
            campaign = self._fresh()
            if annotator not in self._known:
                self._known[annotator] = Known(campaign.labels.journal(annotator))
            known = self._known[annotator]
            named = {line["label"] for line in lines if isinstance(line.get("label"), str)}
            if bring_back(campaign, named & self._made):
                campaign = self._fresh()
            taken = take_in(
                campaign, annotator, lines, source="the browser", known=known, passed=passed
            )
            self._follow_recalls(campaign, annotator, lines)
            return {"taken": sum(taken.values()), "settings": settings(self._fresh().config)}

    def _follow_recalls(
        self, campaign: Campaign, annotator: str, lines: Sequence[Mapping[str, Any]]
    ) -> None:
        """Let classes that were made here go and come back with the answers that name them."""
        if any("undo" in line for line in lines):
            drop_unused(campaign, sorted(self._made))
        again = {line["redo"] for line in lines if "redo" in line}
        if again:
            events, _ = campaign.labels.events(annotator)
            named = {e.label for e in events if isinstance(e, Answer) and e.press in again}
            bring_back(campaign, sorted(name for name in named if name is not None))

    def add_class(self, name: str) -> dict[str, Json]:
        """A class more in ``campaign.toml``."""
        with self._lock:
            wanted, classes = name.strip(), self._fresh().config.classes
            if wanted not in classes:
                require_new_name(wanted, classes)
                self._made.add(wanted)
            return {"settings": settings(add_class(self.path, wanted))}

    def audit(self, n: int) -> dict[str, Json]:
        """An audit to answer: `n` boxes are drawn unless some wait already; 0: none is drawn."""
        with self._lock:
            campaign = self._fresh()
            if n:
                return {"open": ready_audit(campaign, n)}
            found = audit_now(campaign)
            return {"open": len(found.open) if found is not None else 0}

    # which boxes, and how they look

    def queues(self, address: Mapping[str, str]) -> dict[str, Json]:
        """What there is to choose from, with counts; see :mod:`cryoal.browser.chooser`."""
        with self._lock:
            campaign, boxes = self._fresh(), self._overview()
            asked = self._named(address)
            return chooser.kinds(campaign, boxes, asked, blind=self._is_blind)

    def counts(self, queue: str, where: Mapping[str, Any]) -> dict[str, Json]:
        """How many boxes a filter of a queue leaves, and beside each of its choices."""
        with self._lock:
            campaign, boxes = self._fresh(), self._overview()
            return chooser.counted(
                campaign, boxes, Which.parse(queue), Where.from_json(where), blind=self._is_blind
            )

    def tiles(self, rows: Sequence[int]) -> dict[str, Json]:
        """The tomogram around boxes."""
        return {"found": self._pictures().tiles(rows)}

    def around(self, rows: Sequence[int]) -> dict[str, Json]:
        """The same from farther away."""
        return {"found": self._pictures().around(rows)}

    def cards(self, rows: Sequence[int]) -> dict[str, Json]:
        """Boxes with slabs, tile and class, of any queue or none."""
        look = self._pictures()
        with self._lock:
            boxes = self._overview()
        return {"found": look.cards(rows, boxes, blind=self._is_blind)}

    def threshold(self, name: str, p: float) -> dict[str, Json]:
        """Both sides of a probability; see :mod:`cryoal.browser.sides`."""
        with self._lock:
            campaign, boxes, blind = self._fresh(), self._overview(), self._is_blind
        with self._slider:  # an audit of a large pool takes a while the first time
            if self._thresholds is None or self._thresholds[0] is not boxes:
                self._thresholds = (boxes, Thresholds(campaign, boxes))
            return sides.told(campaign, self._thresholds[1], name, p, blind=blind)

    def map(self) -> dict[str, Json]:
        """All points of the map; see :mod:`cryoal.browser.atlas`."""
        with self._lock:
            return atlas.packed(self._fresh(), self._overview(), blind=self._is_blind)

    def lasso(self, rows: Sequence[int]) -> dict[str, Json]:
        """A queue of boxes that were taken on the map; those of an audit are not shown."""
        with self._lock:
            return self._take_up(rows)

    def alike(self, key: str) -> dict[str, Json]:
        """A queue of the boxes that are most like one."""
        with self._lock:
            campaign = self._fresh()
        from cryoal.campaign.alike import alike  # which needs torch

        # not under the lock: the first time boxes may have to be described
        rows = campaign.pool.index(alike(campaign, [key]).keys).tolist()
        with self._lock:
            return self._take_up(rows)

    def _take_up(self, rows: Sequence[int]) -> dict[str, Json]:
        campaign, boxes = self._fresh(), self._overview()
        facts = atlas.lasso(boxes, rows, blind=self._is_blind)
        keys = tuple(str(key) for key in boxes.keys[list(rows)])
        name = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]
        self._lassos.pop(name, None)
        self._lassos[name] = keys
        for old in list(self._lassos)[:-MOST_LASSOS]:
            del self._lassos[old]
        return {**facts, "lasso": name, "journals": journals_about(campaign, set(keys))}

    def trend(self) -> dict[str, Json]:
        """How the classifier did, cycle after cycle; for the closing card."""
        with self._lock:
            return {"trend": list(trend_lines(self._fresh()))}

    def wait(self) -> None:
        """Return when nothing is being written."""
        with self._lock:
            return

    def close(self) -> None:
        """Let go of the tomograms."""
        with self._lock:
            if self._look is not None:
                self._look.close()
                self._look = None

    @property
    def _is_blind(self) -> bool:
        """Whether nothing may be told beside the cards of what the classifier thinks.

        Where suggestions come after the answer that is so too: the box in front is on the map.
        """
        mode = self._mode or self._fresh().config.review.suggestions
        return self._blind or mode != "open"

    def _fresh(self) -> Campaign:
        """The campaign with the settings and the boxes of now."""
        boxes = (self.path / "pool.zarr").stat()  # a folder for each import
        stamp = (*settings_stamp(self.path), boxes.st_mtime_ns)
        if stamp != self._stamp:
            self._campaign = Campaign.open(self.path)
            self._stamp = stamp
            self._queues.clear()  # suggestions carry the names of classes
            self._boxes = None
            if self._look is not None:
                self._look.close()
                self._look = None
        return self._campaign

    def _overview(self) -> Overview:
        """How every box stands; read again when something that tells it has changed."""
        campaign = self._fresh()
        stamp = overview_stamp(campaign)
        if self._boxes is None or self._boxes[0] != stamp:
            before = None if self._boxes is None else self._boxes[1]
            self._boxes = (stamp, overview(campaign, before))
        return self._boxes[1]

    def _pictures(self) -> Look:
        """Not used under the lock: a slow disk holds no press up."""
        with self._lock:
            campaign = self._fresh()
            if self._look is None:
                self._look = Look(campaign)
            return self._look

    def _named(self, address: Mapping[str, str] | None) -> Asked:
        return Asked.from_address(address or {}, self._lassos) or self._asked

    def _queue(
        self,
        campaign: Campaign,
        annotator: str,
        address: Mapping[str, str] | None,
        *,
        is_new: bool = False,
    ) -> Queue:
        """The queue as the annotator's page has it: what is disputed changes with every answer."""
        campaign.labels.journal(annotator)  # a name that can be a file's
        asked = self._named(address)
        if asked != self._asked and self._is_blind:  # an address may be typed
            chooser.require_hidden(Which.parse(asked.which), asked.where, asked.order)
        place = (annotator, asked, campaign.next_cycle())
        if place not in self._queues or (is_new and asked.which != "query"):
            before = None if self._boxes is None else self._boxes[1]
            self._queues[place] = make_queue(
                campaign, annotator, **asked.as_arguments(), before=before
            )
        return self._queues[place]
