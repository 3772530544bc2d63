"""What is around a box, beside its card: a small picture of the tomogram, with the box outlined."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import CryoALError
from cryoal.review.slab import grey_slab

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.io.volumes.base import Volume

__all__ = ["EDGE_BOXES", "Missing", "Tile", "Tiles"]

EDGE_BOXES = 3  # the tube around a box of noise tells lumen from background
MOST_OPEN = 8  # files; a queue goes through a few tomograms at a time


@dataclass(frozen=True)
class Tile:
    """The xy slab about one box, as grey and as thick as the box is drawn."""

    grey: NDArray[np.uint8]
    """``(n, n)``, 0 black; y downwards, x to the right. At most
    :data:`~cryoal.review.slab.MOST_PIXELS` on a side: larger boxes are binned."""
    edge_boxes: int = EDGE_BOXES
    """How wide it is, in edges of a box."""

    @property
    def outline(self) -> tuple[float, float]:
        """Where the box begins and ends along both edges, as shares of them."""
        # 3 b // 2 - b // 2 == b for every whole b: the box is the middle third to the voxel
        before = (self.edge_boxes - 1) / 2
        return before / self.edge_boxes, (before + 1) / self.edge_boxes


@dataclass(frozen=True)
class Missing:
    """There is no picture."""

    reason: str
    """Why, in a line."""


class Tiles:
    """Tiles of the boxes of a campaign; a context manager that closes the files.

    Several threads may ask: one at a time is served. A file stays open for the next box of its
    tomogram, :data:`MOST_OPEN` of them; of a tile only its own voxels are read. One whose tomogram
    is gone, or is another one by now, is :class:`Missing`, and is looked for again the next time.
    That is asked for each tile: of a Zarr folder that is gone, zeros would be read.

    Parameters
    ----------
    campaign
        Whose pool tells which tomogram, and how it is normalised.
    most_open
        How many files stay open.
    """

    def __init__(self, campaign: Campaign, *, most_open: int = MOST_OPEN) -> None:
        self._pool = campaign.pool
        self._thickness = campaign.config.review.thickness
        self._most_open = most_open
        self._open: OrderedDict[int, _Opened] = OrderedDict()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files; asking again opens them again."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].volume.close()

    def tile(self, row: int) -> Tile | Missing:
        """What is around the box in place `row` of the pool."""
        number = int(self._pool.tomogram[row])
        with self._lock:
            try:
                return Tile(self._grey(number, row))
            except (CryoALError, OSError) as error:
                self._let_go(number)
                return Missing(str(error))

    def several(self, rows: Sequence[int]) -> Iterator[tuple[int, Tile | Missing]]:
        """Each of `rows` with its tile, tomogram by tomogram, so that each is opened once."""
        owners = self._pool.tomogram[np.array(rows, np.int64)]
        for place in np.argsort(owners, kind="stable").tolist():
            yield rows[place], self.tile(rows[place])

    def _grey(self, number: int, row: int) -> NDArray[np.uint8]:
        opened = self._opened(number)
        return grey_slab(
            opened.volume,
            opened.record,
            self._pool.position_zyx_angstrom[row],
            edge=EDGE_BOXES * self._pool.box,
            thickness=self._thickness,
        )

    def _opened(self, number: int) -> _Opened:
        if number in self._open and self._open[number].has_changed():
            self._let_go(number)
        if number not in self._open:
            while len(self._open) >= self._most_open:
                self._open.popitem(last=False)[1].volume.close()
            record = self._pool.tomograms[number].to_look_at()
            volume = record.open()
            self._open[number] = _Opened(record, volume, _stamp(volume.path))
        self._open.move_to_end(number)
        return self._open[number]

    def _let_go(self, number: int) -> None:
        if number in self._open:
            self._open.pop(number).volume.close()


@dataclass(frozen=True)
class _Opened:
    record: TomogramRecord
    volume: Volume
    stamp: tuple[int, ...]

    def has_changed(self) -> bool:
        """Whether its file is gone or was written since."""
        try:
            return _stamp(self.volume.path) != self.stamp
        except OSError:
            return True


def _stamp(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
