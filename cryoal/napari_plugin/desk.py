"""The campaign that all widgets of a viewer are about."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

from qtpy.QtCore import QObject, QTimer, Signal

from cryoal.campaign.campaign import Campaign
from cryoal.campaign.overview import overview
from cryoal.errors import CryoALError, LabelError
from cryoal.junk import junk_class
from cryoal.marks import marks_of
from cryoal.review.annotator import login

if TYPE_CHECKING:
    from pathlib import Path

    from napari.viewer import Viewer
    from qtpy.QtWidgets import QWidget

    from cryoal.campaign.overview import Overview
    from cryoal.marks import Mark

__all__ = ["Desk", "desk_of", "stamp_of"]

PAUSE = 1500  # milliseconds between two looks
Stamp: TypeAlias = tuple[tuple[str, int, int], ...]


class Desk(QObject):
    """Which campaign is on the desk, how its boxes stand, and who sits there.

    Attributes
    ----------
    changed
        Another campaign, or something in it: labels, boxes, classes. Widgets draw themselves anew.
    wanted
        A tomogram that a widget asks to be shown, by name.
    """

    changed = Signal()
    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.campaign: Campaign | None = None
        self.annotator = _login()
        self.class_panel: QWidget | None = None
        """The widget of classes in the tomogram, if one has been opened."""
        self._boxes: Overview | None = None
        self._is_stale = True
        self._stamp: Stamp = ()
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self.look)

    @property
    def campaign_path(self) -> Path | None:
        """Where the campaign is, as it was typed; None before one was opened."""
        return None if self.campaign is None else self.campaign.typed

    def open(self, path: Path) -> Campaign:
        """Put the campaign in `path` on the desk.

        Raises
        ------
        CryoALError
            There is none, or it is damaged; the one before stays.
        """
        campaign = Campaign.open(path.expanduser())
        if self.campaign is None or self.campaign.path != campaign.path:
            self._boxes = None
        self.campaign, self._is_stale = campaign, True
        self._stamp = stamp_of(campaign.path)
        self._timer.start()
        self.changed.emit()
        return campaign

    def look(self) -> None:
        """Read the campaign again where something has written to it: a review, another window."""
        if self.campaign is not None and stamp_of(self.campaign.path) != self._stamp:
            self.renew()

    def renew(self) -> None:
        """Read the campaign again: a command has worked on it, or labels were given.

        Where it cannot be read any more the last reading stays.
        """
        if self.campaign is None:
            return
        try:
            self.open(self.campaign.typed)
        except (CryoALError, OSError):
            self.changed.emit()

    def marks(self) -> dict[str, Mark]:
        """Shape and colour of each class, as in a review."""
        if self.campaign is None:
            return {}
        config = self.campaign.config
        return marks_of(config.classes, junk_class(config.classes, config.review.junk))

    def boxes(self) -> Overview | None:
        """How every box stands; None without a campaign or without boxes.

        Raises
        ------
        CryoALError
            The pool, a journal or the table of classes is damaged.
        """
        if self.campaign is None or not self.campaign.has_pool:
            return None
        if self._is_stale or self._boxes is None:
            before = self._boxes
            if before is not None and len(before) != len(self.campaign.pool):
                before = None
            self._boxes = overview(self.campaign, before)
            self._is_stale = False
        return self._boxes


def stamp_of(path: Path) -> Stamp:
    """What tells that labels, boxes, queries, classes or settings are others than before."""
    found = [path / name for name in ("campaign.toml", "audit.json", "predictions.json")]
    for folder in (path / "labels", path / "pool.zarr", path):
        with suppress(OSError):
            found += [entry for entry in folder.iterdir() if folder != path
                      or entry.name.startswith("cycle_")]  # fmt: skip
    stamp = []
    for each in sorted(found):
        with suppress(OSError):
            facts = each.stat()
            stamp.append((str(each), facts.st_mtime_ns, facts.st_size))
    return tuple(stamp)


_DESKS: WeakKeyDictionary[Viewer, Desk] = WeakKeyDictionary()


def desk_of(viewer: Viewer) -> Desk:
    """The desk of `viewer`, the same for each of its widgets."""
    viewer = getattr(viewer, "__wrapped__", viewer)  # plugins get a proxy, each one of its own
    if viewer not in _DESKS:
        _DESKS[viewer] = Desk()
    return _DESKS[viewer]


def _login() -> str:
    try:
        return login()
    except LabelError:
        return ""  # widgets ask
