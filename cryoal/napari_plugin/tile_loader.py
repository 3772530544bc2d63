"""What is around each box, read beside the main thread; what was seen last stays in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from napari.qt.threading import thread_worker
from qtpy.QtCore import QObject, QTimer, Signal

from cryoal.review.tiles import Missing, Tiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryoal.campaign.campaign import Campaign
    from cryoal.review.tiles import Tile

__all__ = ["TileLoader"]

LARGEST = 16 * 2**20  # bytes: of boxes of 32^3 some 1,800 tiles, many queues
MOST_WANTED = 64  # two pages and the box in front; what was asked for earlier is not on show
TOGETHER = 40  # milliseconds in which tiles are drawn together
AGAIN = 5.0  # seconds after which a tomogram that was missing is looked for again


class TileLoader(QObject):
    """Gives tiles that are there and fetches those that are not.

    The last boxes that were asked for come first: who leafs quickly through pages waits for the
    page that is in front alone.
    """

    came = Signal()
    """There are tiles that were not there before."""

    def __init__(self, campaign: Campaign, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = _Reader(Tiles(campaign))
        self._kept: OrderedDict[int, Tile | Missing] = OrderedDict()
        self._n_bytes = 0
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.setInterval(round(1000 * AGAIN))
        self._retry.timeout.connect(self.look_again)
        self._soon = QTimer(self)  # drawing a page anew for each of its tiles would hold up keys
        self._soon.setSingleShot(True)
        self._soon.setInterval(TOGETHER)
        self._soon.timeout.connect(self.came)

    def get(self, rows: Sequence[int], ahead: Sequence[int] = ()) -> list[Tile | Missing | None]:
        """The tile of each of `rows`; None for one that is being fetched.

        Those of `ahead` are fetched after them: one will soon leaf on.
        """
        found = [self._kept.get(row) for row in rows]
        for row in rows:
            if row in self._kept:
                self._kept.move_to_end(row)
        missing = [row for row, tile in zip(rows, found, strict=True) if tile is None]
        missing += [row for row in ahead if row not in self._kept]
        if missing and self._reader.want(missing):
            thread_worker(self._reader.fetch, connect={"yielded": self._take})()
        return found

    def read(self, rows: Sequence[int]) -> list[Tile | Missing]:
        """The tile of each of `rows`, now: for those who draw without a screen."""
        missing = [row for row in rows if row not in self._kept]
        found = dict(self._reader.tiles.several(missing)) | self._kept
        for row in missing:
            self._keep(row, found[row])
        return [found[row] for row in rows]

    def forget(self) -> None:
        """Keep no tile."""
        self._kept.clear()
        self._n_bytes = 0

    def look_again(self) -> None:
        """For tomograms that were missing: a disk may be back."""
        for row in [row for row, tile in self._kept.items() if isinstance(tile, Missing)]:
            del self._kept[row]

    def close(self) -> None:
        """Fetch nothing more, and let go of the files: at once, or when the reader is done."""
        self._reader.close()

    def _take(self, found: tuple[int, Tile | Missing]) -> None:
        """In the main thread."""
        if not self._reader.is_closed:
            self._keep(*found)
            if not self._soon.isActive():
                self._soon.start()

    def _keep(self, row: int, tile: Tile | Missing) -> None:
        self._kept[row] = tile
        if isinstance(tile, Missing):
            self._retry.start()
            return
        self._n_bytes += tile.grey.nbytes
        while self._n_bytes > LARGEST and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            if not isinstance(old, Missing):
                self._n_bytes -= old.grey.nbytes


class _Reader:
    """What the other thread does; it may go on after Qt has deleted the loader."""

    def __init__(self, tiles: Tiles) -> None:
        self.tiles = tiles
        self.is_closed = False
        self._wanted: list[int] = []
        self._is_working = False
        self._lock = threading.Lock()

    def want(self, rows: Sequence[int]) -> bool:
        """Put `rows` before what was wanted already; whether a thread has to be started for it."""
        with self._lock:
            if self.is_closed:
                return False
            self._wanted = list(dict.fromkeys([*rows, *self._wanted]))[:MOST_WANTED]
            is_idle, self._is_working = not self._is_working, True
            return is_idle

    def fetch(self) -> Iterator[tuple[int, Tile | Missing]]:
        """In the other thread, until nothing is wanted."""
        while True:
            with self._lock:
                if not self._wanted:
                    self._is_working = False
                    if self.is_closed:
                        self.tiles.close()
                    return
                row = self._wanted.pop(0)
            yield row, self.tiles.tile(row)

    def close(self) -> None:
        with self._lock:
            self.is_closed = True
            self._wanted.clear()
            if not self._is_working:
                self.tiles.close()
