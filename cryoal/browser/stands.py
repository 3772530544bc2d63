"""How a campaign stands, told again only when something in it has changed: many pages ask."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from cryoal.campaign.campaign import Campaign
from cryoal.campaign.status import describe

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.status import State

__all__ = ["Stands"]

OF_JOBS = "job."  # a log grows all the time and changes nothing


class Stands:
    """The state of one campaign; several threads may ask."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: tuple[tuple[object, ...], State] | None = None

    def now(self) -> State:
        """What ``cryoal status`` says.

        Raises
        ------
        CryoALError
            The campaign cannot be opened.
        """
        with self._lock:
            stamp = _stamp(self._path)
            if self._known is None or self._known[0] != stamp:
                self._known = stamp, describe(Campaign.open(self._path))
            return self._known[1]


def _stamp(path: Path) -> tuple[object, ...]:
    """What is another when a file of the campaign was written, made or taken away."""
    found: list[object] = []
    for folder in (path, path / "labels", path / "pool.zarr"):
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith((".", OF_JOBS)):
                    continue
                facts = entry.stat()
                found.append((entry.path, facts.st_mtime_ns, facts.st_size, facts.st_ino))
    return tuple(sorted(found, key=str))
