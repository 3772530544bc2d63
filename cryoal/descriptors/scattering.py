"""Moduli of wavelet moduli: how patches of one scale are spread over a coarser one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.grid import away, windows
from cryoal.descriptors.moments import FALL, RADIUS, whole_box
from cryoal.descriptors.octaves import coarse_moduli, coarse_scales
from cryoal.descriptors.sixteen import coarse_side
from cryoal.descriptors.solid_harmonics import moduli

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["Scattering"]

HIGHEST = 2  # degree that is looked at again, and with which
FINEST_AGAIN = 1.6  # scale from which every second voxel is enough for a mean modulus
STRIDE = 2
FLOOR = 1e-3  # under a mean modulus; noise of variance 1 has about 1


class Scattering(Block):
    r"""Second-order solid-harmonic scattering over the whole box.

    The moduli :math:`U_{sl}` of scale s and degree l of 0 to 2 (of
    :func:`cryoal.descriptors.solid_harmonics.moduli`; degree 0 is the magnitude of the difference
    of two Gaussians), seen with the wavelets of a coarser scale t and degree l' of 0 to 2:

    .. math:: \log \overline{U_{tl'}[U_{sl}]} - \log \overline{U_{sl}}

    with means over a soft ball that touches the faces (Eickenberg, Exarchakis, Hirn and Mallat,
    2017). Boxes of more than 16 voxels a side are cropped to 16 first; t is 1.6 voxels or more.

    Invariances, and what the missing wedge breaks, are those of
    :class:`cryoal.descriptors.moments.Moments`; a volume and its negative have the same numbers.
    """

    name = "scattering"
    version = 1

    def columns(self, side: int) -> int:
        """Nine for each pair of scales."""
        return len(_pairs(side)) * (HIGHEST + 1) ** 2

    def of(self, seen: Seen) -> Tensor:
        """By pair of scales, then degree of the second wavelets, then of the first."""
        side, found = coarse_side(seen.side), seen.once(coarse_moduli)
        ball, thin = (make(side, seen.boxes.device) for make in (whole_box, _every_second))
        rows = []
        for s, fine in enumerate(found):
            coarser = [scale for first, scale in _pairs(seen.side) if first == s]
            if not coarser:
                continue
            again = torch.cat([fine.bump.abs()[None], fine.squares[:HIGHEST].sqrt()])
            n = again.shape[-1]
            means = (ball @ again + FLOOR).log()  # (degrees, n)
            boxes = again.transpose(1, 2).reshape(-1, side, side, side)
            for scale in coarser:
                second = moduli(boxes, scale, HIGHEST, STRIDE)
                moduli_again = torch.cat([second.bump.abs()[None], second.squares.sqrt()])
                row = (thin @ moduli_again + FLOOR).log().view(-1, HIGHEST + 1, n) - means
                rows.append(row.flatten(0, 1))
        return torch.cat(rows).T.contiguous()


def _pairs(side: int) -> list[tuple[int, float]]:
    """Number of the first scale, and the second."""
    scales = coarse_scales(side)
    return [
        (s, scale)
        for s, first in enumerate(scales)
        for scale in scales
        if scale > first and scale >= FINEST_AGAIN
    ]


@lru_cache(maxsize=16)
def _every_second(side: int, device: torch.device) -> Tensor:
    kept = slice(side // 2 % STRIDE, None, STRIDE)
    distance = away(side)[kept, kept, kept]
    return torch.from_numpy(windows(distance, [RADIUS * side], FALL * side)[0]).float().to(device)
