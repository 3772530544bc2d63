"""Moments of solid-harmonic wavelet moduli over the whole box."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.grid import away, windows
from cryoal.descriptors.octaves import coarse_moduli, coarse_scales, fine_moduli, fine_scales
from cryoal.descriptors.sixteen import coarse_side

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen
    from cryoal.descriptors.solid_harmonics import Moduli

__all__ = ["Moments", "whole_box"]

RADIUS = 0.5  # of the ball that means are over, in sides
FALL = 0.044  # of its edge, in sides
HIGHEST = 3  # degree
FLOOR = 1e-6  # under a mean square; noise of variance 1 has 1
CUBE_FLOOR = 1e-3  # under a mean cube


class Moments(Block):
    r"""Moments of wavelet moduli over the whole box.

    For each scale of :mod:`cryoal.descriptors.octaves`:

    - of the difference of two Gaussians, which keeps the sign of the density: its largest value,
      and the logarithms of the mean cube of its positive and of its negative part;
    - of its magnitude and of the moduli :math:`U_l` of
      :func:`cryoal.descriptors.solid_harmonics.moduli`, l of 1 to 3: logarithms of mean, mean
      square, mean fourth power over the squared mean square, and largest value.

    Means are over a soft ball that touches the faces. These are the first-order numbers of
    solid-harmonic scattering (Eickenberg, Exarchakis, Hirn and Mallat, 2017; powers 1, 2 and 4).
    They do not ask where in the box a particle is nor how it is turned: shifts change what comes
    and goes at the edge of the ball, turns what the grid and the corners hold. Only the first three
    of each scale tell a volume from its negative.

    The missing wedge is the same hole in the spectrum of every box, so that turning a particle
    changes what is missing of it: every modulus changes by the share of its power that lay there.
    """

    name = "moments"
    version = 1

    def columns(self, side: int) -> int:
        """Three and four times four numbers of each scale."""
        return len(coarse_scales(side) + fine_scales(side)) * (3 + 4 * (1 + HIGHEST))

    def of(self, seen: Seen) -> Tensor:
        """By scale: the signed ones; means, squares, fourth powers, largest, degrees rising."""
        rows = _rows(seen.once(coarse_moduli), coarse_side(seen.side))
        rows += _rows(seen.once(fine_moduli), seen.side)
        return torch.cat(rows).T.contiguous()


def _rows(found: list[Moduli], side: int) -> list[Tensor]:
    rows = []
    for each in found:
        ball = whole_box(side, each.bump.device)
        up = each.bump.clamp_min(0)
        signed = torch.stack([up, up - each.bump])
        rows.append(_largest(each.bump[None], side))
        rows.append((ball @ (signed.square() * signed) + CUBE_FLOOR).log())
        squares = torch.cat([each.bump.square()[None], each.squares[:HIGHEST]])
        second = (ball @ squares).clamp_min(FLOOR).log()
        rows.append((ball @ squares.sqrt()).clamp_min(FLOOR**0.5).log())
        rows.append(second)
        rows.append((ball @ squares.square()).clamp_min(FLOOR**2).log() - 2 * second)
        rows.append(_largest(squares, side).clamp_min(FLOOR).log() / 2)
    return rows


def _largest(values: Tensor, side: int) -> Tensor:
    """``(parts, n)`` of ``(parts, voxels, n)``; all at once is 40 times slower for a few boxes."""
    for _ in range(3):
        values = values.reshape(len(values), side, -1).amax(1)
    return values


@lru_cache(maxsize=16)
def whole_box(side: int, device: torch.device) -> Tensor:
    """``(voxels,)``: the share of each voxel in a mean over the box."""
    table = windows(away(side), [RADIUS * side], FALL * side)[0]
    return torch.from_numpy(table).float().to(device)
