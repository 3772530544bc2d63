"""The map of a campaign: all boxes in a plane, those that look alike side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.map_file import STEPS, Kept, read_kept, write_kept
from cryoal.campaign.map_rows import made_from, require_of, rows_of_map
from cryoal.errors import CampaignError, ConfigError, FileFormatError
from cryoal.maps.inside import inside
from cryoal.maps.plane import to_plane
from cryoal.progress import SILENT
from cryoal.seeds import stream, stream_seed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.map_file import Of
    from cryoal.progress import Progress

__all__ = ["MOST", "Map", "make_map", "read_map", "rows_inside"]

MOST = 100_000
"""Boxes on a map at most; of more, a draw."""


@dataclass(frozen=True)
class Map:
    """Where boxes lie."""

    rows: NDArray[np.int64]
    """``(n,)``: places in the pool, ascending."""
    xy: NDArray[np.float32]
    """``(n, 2)`` in 0 .. 1; both axes have one scale. Directions and distances far apart mean
    nothing: who is beside whom does."""
    of: Of
    """By what boxes are alike."""
    n_all: int
    """Boxes of the pool when it was made."""
    is_current: bool
    """Whether the pool and what is known of its boxes are what they were then."""

    @property
    def is_sample(self) -> bool:
        """Whether only a draw of the boxes is on it."""
        return len(self.rows) < self.n_all

    @property
    def said(self) -> str:
        """What is on it, in a few words."""
        by = {"descriptors": "descriptors", "teacher": "the teacher's embedding"}[self.of]
        all_ = f"all {self.n_all:,}"
        few = f"a draw of {len(self.rows):,} of {self.n_all:,}"
        late = "" if self.is_current else "; boxes or what is known of them changed since"
        return f"{few if self.is_sample else all_} boxes by {by}{late}"

    def at(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Place in :attr:`xy` of each of these rows of the pool; -1 where it is not on the map."""
        wanted = np.asarray(rows, dtype=np.int64)
        if not len(self.rows):
            return np.full(wanted.shape, -1, np.int64)
        place = np.minimum(np.searchsorted(self.rows, wanted), len(self.rows) - 1)
        return np.where(self.rows[place] == wanted, place, -1)


def make_map(
    campaign: Campaign,
    *,
    of: str | None = None,
    seed: int | None = None,
    most: int = MOST,
    progress: Progress = SILENT,
) -> Map:
    """The map that belongs to the boxes of now: the one that is there, or a new one.

    Written to ``map.json``. The same boxes, descriptors and seed give the same map.

    Parameters
    ----------
    of
        ``descriptors`` or ``teacher``; None: the teacher's embedding where a pair was trained.
    seed
        In place of that of the config.
    most
        Boxes on it at most; where there are more, so many are drawn.

    Raises
    ------
    CampaignError
        No pair to ask, or the campaign cannot be written to and has no such map.
    ConfigError
        Another word for `of`, or `most` is not positive.
    PoolError
        There is no pool, or a box is damaged.
    """
    if most < 1:
        raise ConfigError(f"expected at least 1 box on a map, found {most}")
    by, seed = require_of(campaign, of), campaign.config.seed if seed is None else seed
    n = len(campaign.pool)
    before = _kept(campaign)
    if before is not None and _is_current(campaign, before):
        asked = (by, seed, min(most, n))
        if (before.of, before.seed, min(before.most, n)) == asked:
            return _map(campaign, before)
    if campaign.is_read_only:
        raise CampaignError(
            f"expected a map by {by} in {campaign.typed}, which cannot be written to, found none: "
            "make one of a copy"
        )
    rows = np.arange(n)
    if n > most:
        rows = np.sort(stream(seed, "map").choice(n, most, replace=False))
        progress.say(f"{most:,} of {n:,} boxes are drawn for the map")
    numbers = rows_of_map(campaign, by, rows, progress)
    xy = to_plane(numbers, seed=stream_seed(seed, "plane") % 2**31, progress=progress)
    steps = np.rint(xy.astype(np.float64) * STEPS).astype(np.int64)
    kept = Kept(by, seed, most, n, made_from(campaign, by), rows, steps)
    write_kept(campaign.path, kept)
    return _map(campaign, kept)


def read_map(campaign: Campaign) -> Map | None:
    """The map that was made last, current or not; None where there is none that can be read."""
    kept = _kept(campaign)
    return None if kept is None else _map(campaign, kept)


def rows_inside(found: Map, polygon: ArrayLike) -> NDArray[np.int64]:
    """Rows of the pool whose points lie in `polygon`, ``(m, 2)`` x and y in 0 .. 1."""
    return found.rows[inside(found.xy, polygon)]


def _kept(campaign: Campaign) -> Kept | None:
    try:
        kept = read_kept(campaign.path)
    except FileFormatError:  # a cache: as good as none
        return None
    if kept is None or (len(kept.rows) and kept.rows[-1] >= len(campaign.pool)):
        return None  # of another pool
    return kept


def _map(campaign: Campaign, kept: Kept) -> Map:
    xy = (kept.steps / STEPS).astype(np.float32)
    return Map(kept.rows, xy, kept.of, kept.n_all, _is_current(campaign, kept))


def _is_current(campaign: Campaign, kept: Kept) -> bool:
    then, now = kept.made_from, made_from(campaign, kept.of)
    if not isinstance(then, dict) or then.get("pool") != now["pool"]:
        return False
    return now["numbers"] is None or then.get("numbers") == now["numbers"]
