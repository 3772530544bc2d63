"""The pages of one campaign among several: how it stands, add, rounds, review, view, export."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

from cryoal.browser.adding import chosen, look
from cryoal.browser.desk import Desk
from cryoal.browser.fill import filled
from cryoal.browser.inline import marks
from cryoal.browser.job_routes import job_routes
from cryoal.browser.look_routes import look_routes
from cryoal.browser.review_routes import review_routes
from cryoal.browser.rounds import Rounds
from cryoal.browser.routes import NotExpected, Refusal, Reply, Request, Route, as_json
from cryoal.browser.slices import Slices
from cryoal.campaign.campaign import Campaign
from cryoal.campaign.settings_file import settings_stamp
from cryoal.junk import junk_class

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryoal.browser.stands import Stands
    from cryoal.browser.under import Under
    from cryoal.jobs.job import Job
    from cryoal.records import Json

__all__ = ["Place", "campaign_routes"]


class Place:
    """One campaign under a served folder.

    Parameters
    ----------
    path
        Its directory, resolved.
    name
        Its name under the folder.
    under
        The folder.
    stands
        How it stands.
    others
        A job that is at work on another campaign of the folder, if any.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        under: Under,
        stands: Stands,
        others: Callable[[], Job | None],
    ) -> None:
        self.path = path
        self.name = name
        self.under = under
        self._stands = stands
        self.desk = Desk(path, home="home")
        self.rounds = Rounds(path, under.folder, others)
        self._slices: tuple[tuple[int, ...], Slices] | None = None
        self._lock = threading.Lock()

    def status(self) -> dict[str, Json]:
        """How the campaign stands, in words and numbers."""
        state = self._stands.now()
        return {
            "lines": state.lines()[1:-1],
            "classes": list(state.classes),
            "labelled": dict(state.labelled),
            "boxes": state.boxes,
            "tomograms": state.tomograms,
            "cycles": list(state.cycles),
            "audit_open": 0 if state.audit is None else self.desk.audit(0)["open"],
            "annotators": list(state.annotators),
        }

    def slices(self) -> Slices:
        """Sections of the tomograms as they are now."""
        pool = (self.path / "pool.zarr").stat()
        stamp = (*settings_stamp(self.path), pool.st_mtime_ns)
        with self._lock:
            if self._slices is None or self._slices[0] != stamp:
                if self._slices is not None:
                    self._slices[1].close()
                self._slices = stamp, Slices(Campaign.open(self.path))
            return self._slices[1]

    def wait(self) -> None:
        """Return when nothing is being written."""
        self.desk.wait()

    def close(self) -> None:
        """Let go of the tomograms."""
        self.desk.close()
        with self._lock:
            if self._slices is not None:
                self._slices[1].close()
                self._slices = None


def campaign_routes(place: Place) -> list[Route]:
    """The routes of one campaign; in its pages their addresses are relative to them."""
    return [
        *review_routes(place.desk),
        *look_routes(place.desk),
        *job_routes(place.rounds),
        *_own(place),
        *_add(place),
        *_view(place),
    ]


def _own(place: Place) -> list[Route]:
    def page(request: Request) -> Reply:
        from cryoal.io.picks import WRITERS
        from cryoal.io.picks.write import ending_of

        config = Campaign.open(place.path).config
        facts: dict[str, Json] = {
            **_frame(place, request),
            "box": config.pool.box,
            "formats": {name: ending_of(name) for name in WRITERS.names()},
        }
        return filled("campaign", f"{place.name}: campaign", facts)

    return [
        Route("GET", "/home", page, is_page=True),
        Route("GET", "/status", lambda _: as_json(place.status())),
    ]


def _add(place: Place) -> list[Route]:
    def looked(request: Request) -> Reply:
        box = Campaign.open(place.path).config.pool.box
        return as_json(look(chosen(place.under, request.body), box))

    def add(request: Request) -> Reply:
        match request.body:
            case {"check": bool(check), **what}:
                words = chosen(place.under, what).words(check=check)
                return as_json(place.rounds.run(words))
        raise NotExpected

    return [
        Route("POST", "/look", looked, "tomograms and picks"),
        Route("POST", "/add", add, "tomograms, picks and check"),
    ]


def _view(place: Place) -> list[Route]:
    def page(request: Request) -> Reply:
        facts = {**_frame(place, request), "tomograms": list(place.slices().tomograms())}
        return filled("view", f"{place.name}: tomograms", facts)

    def points(request: Request) -> Reply:
        return as_json(place.slices().facts(_number(request, "tomogram")))

    def section(request: Request) -> Reply:
        number, z = _number(request, "tomogram"), _number(request, "z")
        return Reply(place.slices().picture(number, z), "image/jpeg")

    return [
        Route("GET", "/view", page, is_page=True),
        Route("GET", "/points", points),
        Route("GET", "/section", section),
    ]


def _frame(place: Place, request: Request) -> dict[str, Json]:
    config = Campaign.open(place.path).config
    return {
        "token": request.token,
        "name": place.name,
        "folder": str(place.under.folder),
        "classes": list(config.classes),
        "marks": marks(config.classes, junk_class(config.classes, config.review.junk)),
    }


def _number(request: Request, name: str) -> int:
    found = request.query.get(name, "")
    if not found.isdecimal() or len(found) > 9:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"expected a number as {name}, found {found!r}")
    return int(found)
