"""Power by spatial frequency: in shells, and in three zones of direction of each shell."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.waves import frequencies, power

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["Zones"]

STEP = 0.75  # between shells, in waves a side
WIDTH = 0.6  # of a shell, in waves a side
FIRST_ZONED = 1.75  # waves a side from which zones hold more than a few frequencies
FLOOR = 1e-5  # under a mean power; noise of variance 1 has 1


class Zones(Block):
    """Logarithm of the mean power in soft shells of spatial frequency, whole and in three zones.

    The power is that of :func:`cryoal.descriptors.waves.power`. A zone is that part of a shell
    where the frequency along z, y or x is the largest of the three; where two are equally large it
    counts for both by half.

    Shifts change nothing but what the window cuts off; neither do the moves that keep a symmetric
    missing wedge (half turns, and the inversion), which leave the power spectrum of every zone.
    Other turns leave the shells, and mix zones. A volume and its negative have the same numbers.
    The missing wedge takes most from the zone along z: a turned particle loses other frequencies,
    and the shells, which average what is left over directions, change by what was lost.
    """

    name = "zones"
    version = 1

    def columns(self, side: int) -> int:
        """One for each shell, and three more from 1.75 waves a side on."""
        shells = _shells(side)
        return len(shells) + 3 * int((shells >= FIRST_ZONED).sum())

    def of(self, seen: Seen) -> Tensor:
        """Shells from low to high frequency, then z, y and x of each."""
        average = _average(seen.side, seen.boxes.device)
        return (seen.once(power) @ average + FLOOR).log()


def _shells(side: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.arange(1.0, side // 2 + 1, STEP)


@lru_cache(maxsize=8)
def _average(side: int, device: torch.device) -> Tensor:
    """``(frequencies, columns)``, of which every column sums to 1."""
    points, times = frequencies(side)
    size = np.abs(np.stack(points))
    largest = size == size.max(axis=0)
    zones = largest / largest.sum(axis=0) * times
    length = np.sqrt((size**2).sum(axis=0))
    columns = []
    for shell in _shells(side):
        columns.append(np.exp(-0.5 * ((length - shell) / WIDTH) ** 2))
    weights = [column * times for column in columns]
    weights += [
        column * zone
        for shell, column in zip(_shells(side), columns, strict=True)
        if shell >= FIRST_ZONED
        for zone in zones
    ]
    table = np.stack([weight / weight.sum() for weight in weights], axis=1)
    return torch.from_numpy(table).float().to(device)
