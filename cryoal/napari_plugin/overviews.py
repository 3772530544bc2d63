"""How every box of the campaign stands, looked up beside the main thread when it has changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from napari.qt.threading import thread_worker
from qtpy.QtCore import QObject, QTimer, Signal

from cryoal.campaign.campaign import Campaign
from cryoal.campaign.overview import overview
from cryoal.errors import CryoALError
from cryoal.junk import junk_class
from cryoal.marks import marks_of
from cryoal.review.choices import choices

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cryoal.campaign.overview import Overview
    from cryoal.marks import Mark
    from cryoal.review.choices import Choice

__all__ = ["Known", "Overviews", "known_of", "stamp_of"]

PAUSE = 2000  # milliseconds between two looks at the files, while somebody looks at the page


@dataclass(frozen=True)
class Known:
    """A campaign at one moment."""

    campaign: Campaign
    boxes: Overview
    choices: tuple[Choice, ...]

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """Shape and colour of each class."""
        config = self.campaign.config
        return marks_of(config.classes, junk_class(config.classes, config.review.junk))


class Overviews(QObject):
    """Keeps the last :class:`Known`, and tells of a new one.

    Labels also come from other windows, pages and tables: while it is followed, the files are
    looked at every two seconds.
    """

    came = Signal(object)
    """A :class:`Known`."""
    failed = Signal(str)
    """Why there is none, in a line."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self.known: Known | None = None
        self._stamp: object = None
        self._why = ""
        self._is_busy = False
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self.look)

    def follow(self, is_followed: bool) -> None:
        """Look at the files now and again, or not any more."""
        if is_followed:
            self._timer.start()
            self.look()
            if self._why and not self._is_busy:  # as before; the line may be gone
                self.failed.emit(self._why)
        else:
            self._timer.stop()

    def look(self) -> None:
        """Look the boxes up anew where a file has changed."""
        if self._is_busy or (stamp := _stamp(self._path)) == self._stamp:
            return
        self._is_busy, self._stamp = True, stamp
        thread_worker(known_of, connect={"returned": self._take})(self._path, self.known)

    def _take(self, found: Known | str) -> None:
        self._is_busy = False
        self._why = found if isinstance(found, str) else ""
        if isinstance(found, str):
            self.failed.emit(found)
            return
        self.known = found
        self.came.emit(found)


def known_of(path: Path, before: Known | None = None) -> Known | str:
    """A campaign as it stands now, or why that cannot be told."""
    try:
        campaign = Campaign.open(path)
        boxes = overview(campaign, None if before is None else before.boxes)
        return Known(campaign, boxes, choices(campaign, boxes))
    except (CryoALError, OSError) as error:
        return str(error)


def _stamp(path: Path) -> object:
    """What changes with labels, classifications, queries, audits, classes and new boxes."""
    return stamp_of([
        *path.glob("labels/*"),
        *path.glob("cycle_*"),
        *path.glob("*.json"),
        path / "campaign.toml",
        path / "predictions.csv",
        *path.glob("pool.zarr/*"),
    ])  # fmt: skip


def stamp_of(files: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    """Size and time of each file that is there: other ones where one was written to."""
    found = []
    for file in sorted(set(files)):
        try:
            facts = file.stat()
        except OSError:
            continue
        found.append((str(file), facts.st_mtime_ns, facts.st_size))
    return tuple(found)
