"""Spherical harmonics of the amplitude spectrum: a shape's own symmetry, wherever it is."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.shell_tables import shell_table
from cryoal.descriptors.waves import frequencies, power

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["Spectra"]

DEGREES = (0, 2, 4, 6)  # an amplitude spectrum is even: odd degrees are 0
WIDTH = 0.7  # of a shell, in waves a side
REACH = 5.0  # widths of a shell beyond which it is 0
FLOOR = 1e-4  # under a share of a mean square
AMPLITUDE_FLOOR = 1e-3  # noise of variance 1 has about 1 times the root of a shell's frequencies


class Spectra(Block):
    r"""Power by degree of the amplitude spectrum in shells of spatial frequency.

    With :math:`a_{qlm}` the inner product of the amplitude spectrum (root of
    :func:`cryoal.descriptors.waves.power`) with :math:`\exp(-(|k| - q)^2 / 2w^2)\,Y_{lm}(k)`,
    q = 1, 2, ... side / 2 waves a side: :math:`\log a_{q00}`, and for l = 2, 4, 6

    .. math:: \log\Big(10^{-4} + \tfrac{1}{2l + 1} \sum_m a_{qlm}^2 / a_{q00}^2\Big)

    How strong a frequency is, and how unevenly it is spread over directions. Shifts change nothing
    but what the ball cuts off, turns nothing but for the grid and the ball: both at once, which no
    other block has. A volume and its negative have the same numbers. The missing wedge is a fixed
    uneven spread of its own, to which that of the particle is added: degrees 2 and 4 change with
    the direction of the particle.
    """

    name = "spectra"
    version = 1

    def columns(self, side: int) -> int:
        """One for each shell and degree."""
        return side // 2 * len(DEGREES)

    def of(self, seen: Seen) -> Tensor:
        """Degrees 0, 2, 4, 6; shells from low to high frequency in each."""
        amplitudes = seen.once(power).sqrt()
        shells = []
        for where, table in _tables(seen.side, amplitudes.device):
            found = amplitudes[:, where] @ table
            mean = found[:, 0].clamp_min(AMPLITUDE_FLOOR)
            row, at = [mean.log()], 1
            for degree in DEGREES[1:]:
                part = found[:, at : at + 2 * degree + 1] / mean[:, None]
                row.append((part.square().mean(-1) + FLOOR).log())
                at += 2 * degree + 1
            shells.append(torch.stack(row, dim=1))
        return torch.stack(shells, dim=2).flatten(1)


@lru_cache(maxsize=8)
def _tables(side: int, device: torch.device) -> list[tuple[Tensor, Tensor]]:
    """For each shell the frequencies that are in it, and ``(frequencies, harmonics)``."""
    points, times = frequencies(side)
    length = np.sqrt(sum(axis**2 for axis in points))
    # A frequency of side / 2 is its own opposite along that axis: it has no side to be on.
    held = np.maximum.reduce([np.abs(axis) for axis in points]) < side // 2
    tables = []
    for shell in range(1, side // 2 + 1):
        where = np.flatnonzero(held & (np.abs(length - shell) < REACH * WIDTH))
        inside = [axis[where] for axis in points]
        parts = shell_table(inside, shell, WIDTH, DEGREES, times[where])
        table = torch.from_numpy(np.concatenate(parts, axis=1)).float()
        tables.append((torch.from_numpy(where).to(device), table.to(device)))
    return tables
