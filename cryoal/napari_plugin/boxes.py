"""The boxes of a queue, read page by page; the last ones stay in memory."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cryoal.data.pool import Pool

__all__ = ["Boxes"]

LARGEST = 16 * 2**20  # bytes: 128 boxes of 32^3, several pages; a page is kept in any case


class Boxes:
    """Boxes ``(b, b, b)`` of z-scores by row of the pool."""

    def __init__(self, pool: Pool, largest: int = LARGEST) -> None:
        self._pool = pool
        self._kept: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._n_kept = max(1, largest // (4 * pool.box**3))

    def get(self, rows: Iterable[int]) -> list[NDArray[np.float32]]:
        """The boxes of `rows`, in order; what is missing is read in one go.

        Raises
        ------
        PoolError
            A shard is missing or damaged.
        """
        wanted = list(rows)
        missing = list(dict.fromkeys(row for row in wanted if row not in self._kept))
        if missing:
            boxes = self._pool.read_shown(np.array(missing))
            self._kept.update(zip(missing, boxes, strict=True))
        for row in wanted:
            self._kept.move_to_end(row)
        found = [self._kept[row] for row in wanted]
        while len(self._kept) > self._n_kept:
            self._kept.popitem(last=False)
        return found
