"""Looking at boxes as work that can be done in parts, anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryoal.data.pool import Pool
from cryoal.data.pool_there import PoolThere
from cryoal.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.data.box_source import BoxSource
    from cryoal.scoring.teller import Teller

__all__ = ["Looking", "span_of_networks"]

MOST, FEWEST = 1024, 128
"""Boxes of a span: multiples of what goes through networks at a time (16, 128 ...)."""
VOXELS = 1024 * 16**3
"""Of the boxes of a span: seconds to a minute of work."""


def span_of_networks(voxels: int) -> int:
    """How many boxes of so many voxels are looked at together, whoever works.

    Examples
    --------
    >>> [span_of_networks(side**3) for side in (8, 16, 24, 32, 64)]
    [1024, 1024, 256, 128, 128]
    """
    return max(FEWEST, min(MOST, VOXELS // voxels // FEWEST * FEWEST))


class Looking:
    """Work (:class:`cryoal.crew.Work`): what a teller says of some boxes of a pool.

    The teller travels with it. Elsewhere networks compute on the device called `device` there, and
    a pool that is on disk is opened by its path.
    """

    name = "looking at boxes"

    def __init__(
        self,
        teller: Teller,
        pool: BoxSource,
        index: NDArray[np.int64],
        fields: Sequence[str],
        device: str,
    ) -> None:
        self._pool = PoolThere(pool) if isinstance(pool, Pool) else pool
        self._teller, self._index, self._fields = teller, index, list(fields)
        self._device = device
        self._is_sent = False

    def of(self, start: int, stop: int) -> dict[str, NDArray[np.float32]]:
        """The fields of the boxes at these places of the index."""
        if self._is_sent:
            from cryoal.feed.device import choose_device

            self._teller.move(choose_device(self._device))
        pool = self._pool.pool() if isinstance(self._pool, PoolThere) else self._pool
        return self._teller.look(pool, self._index[start:stop], self._fields, SILENT)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_is_sent": True}
