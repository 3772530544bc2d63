"""What `cryoal serve FOLDER` answers: the campaigns under a folder, each with its pages."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from cryoal.browser.campaign_routes import Place, campaign_routes
from cryoal.browser.fill import filled
from cryoal.browser.folder import look_around
from cryoal.browser.routes import NotExpected, Refusal, Reply, Request, Route, Table, as_json
from cryoal.browser.stands import Stands
from cryoal.browser.under import OutsideError, Under
from cryoal.campaign.campaign import Campaign, check_names
from cryoal.campaign.class_names import class_notes
from cryoal.campaign.settings_file import NAME
from cryoal.config import make_config, preset_names, preset_text
from cryoal.errors import CryoALError
from cryoal.jobs.job import Job

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.records import Json

__all__ = ["Home", "address_of"]

START = "/c/"


def address_of(name: str) -> str:
    """Where the pages of a campaign are: one part of the address, slashes and all."""
    return f"{START}{quote(name, safe='')}/"


class Home:
    """A folder with campaigns; several people may ask at once.

    Parameters
    ----------
    folder
        Nothing outside of it is read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._under = Under(folder)
        self._places: dict[str, tuple[Place, Table]] = {}
        self._stands: dict[str, Stands] = {}
        self._lock = threading.RLock()
        self._table = Table(
            [
                Route("GET", "/", self._page, is_page=True),
                Route("GET", "/campaigns", lambda _: as_json(self.campaigns())),
                Route("GET", "/files", lambda _: as_json(look_around(self._under).files())),
                Route("POST", "/campaigns", self._create, "name, classes, box and preset"),
            ]
        )

    @property
    def path(self) -> Path:
        """The folder, resolved."""
        return self._under.folder

    def find(self, method: str, path: str) -> Route:
        """The route; a Refusal where there is none, or no such campaign."""
        if not path.startswith(START):
            return self._table.find(method, path)
        quoted, slash, rest = path.removeprefix(START).partition("/")
        if not slash:
            raise Refusal(HTTPStatus.NOT_FOUND, f"expected {START}NAME/, found {path}")
        return self._place(unquote(quoted)).find(method, f"/{rest}")

    def campaigns(self) -> dict[str, Json]:
        """Every campaign with how it stands; one that cannot be opened with the reason."""
        found = look_around(self._under, with_files=False)
        return {
            "campaigns": [self._summary(name) for name in found.campaigns],
            "is_all": found.is_all,
        }

    def create(self, name: str, classes: str, box: int, preset: str) -> dict[str, Json]:
        """A new campaign; what to know of it."""
        path = self._under.new(name)
        if not name.isprintable():
            raise OutsideError(f"expected a name of visible characters, found {name!r}")
        if any(part.startswith(".") for part in self._under.name(path).split("/")):
            raise OutsideError(f"expected a name that is not hidden, found {name!r}")
        names = [each.strip() for each in classes.split(",")]
        config = make_config(names, preset, [f"pool.box={box}"])
        check_names(config)
        with self._lock:  # two of the same name at once: the second finds the first
            Campaign.create(path, config)
        found = self._under.name(path)
        return {"name": found, "address": address_of(found), "notes": class_notes(config.classes)}

    def wait(self) -> None:
        """Return when nothing is being written."""
        with self._lock:
            places = list(self._places.values())
        for place, _ in places:
            place.wait()

    def close(self) -> None:
        """Let go of the tomograms; jobs go on."""
        with self._lock:
            places = list(self._places.values())
            self._places.clear()
        for place, _ in places:
            place.close()

    def _place(self, name: str) -> Table:
        path = self._under.there(name)
        found = self._under.name(path)
        if found != name or not (path / NAME).is_file():
            raise Refusal(
                HTTPStatus.NOT_FOUND, f"expected a campaign in {self.path}, found {name!r}"
            )
        with self._lock:
            if name not in self._places:
                stands = self._stands_of(name, path)
                place = Place(path, name, self._under, stands, lambda: self._at_work_beside(path))
                self._places[name] = place, Table(campaign_routes(place))
            return self._places[name][1]

    def _at_work_beside(self, path: Path) -> Job | None:
        """A job of another campaign that is at work."""
        for name in look_around(self._under, with_files=False).campaigns:
            other = self._under.there(name)
            job = None if other == path else Job.current(other)
            if job is not None and not job.state().is_over:
                return job
        return None

    def _summary(self, name: str) -> dict[str, Json]:
        told: dict[str, Json] = {"name": name, "address": address_of(name)}
        try:
            path = self._under.there(name)
            job = Job.current(path)
            told["job"] = None if job is None else job.state().as_json()
            state = self._stands_of(name, path).now()
        except (CryoALError, OSError) as error:
            return {**told, "problem": str(error)}
        waits = [cycle for cycle in state.cycles if cycle["answered"] != cycle["asked"]]
        return {
            **told,
            "classes": list(state.classes),
            "boxes": state.boxes,
            "tomograms": state.tomograms,
            "labelled": sum(state.labelled.values()),
            "cycles": len(state.cycles),
            "waiting": sum(int(c["asked"]) - int(c["answered"]) for c in waits[-1:]),
            "annotators": list(state.annotators),
        }

    def _stands_of(self, name: str, path: Path) -> Stands:
        with self._lock:
            return self._stands.setdefault(name, Stands(path))

    def _page(self, request: Request) -> Reply:
        presets = {
            name: preset_text(name).split("\n", 1)[0].lstrip("# ") for name in preset_names()
        }
        facts: dict[str, Json] = {
            "token": request.token,
            "folder": str(self.path),
            "presets": dict(sorted(presets.items(), key=lambda entry: entry[0] != "laptop")),
            "box": make_config(["a", "b"]).pool.box,
        }
        return filled("home", f"{self.path.name}: campaigns", facts)

    def _create(self, request: Request) -> Reply:
        match request.body:
            case {
                "name": str(name),
                "classes": str(classes),
                "box": int(box),
                "preset": str(preset),
            }:
                return as_json(self.create(name.strip(), classes, box, preset))
        raise NotExpected
