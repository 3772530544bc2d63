"""Moduli of solid-harmonic wavelets over the whole box, and moduli of those moduli."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from cryoal.descriptors.base import Block
from cryoal.descriptors.grid import away, disc
from cryoal.descriptors.solid_harmonics import HIGHEST, first_order, moduli, scales

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["Scattering"]

RADIUS = 0.5  # of the window, in sides
FALL = 0.7  # of its edge, in voxels
HIGHEST_SECOND = 2  # degree whose modulus is looked at again, and with which
COARSE = 1.4  # scale from which every second voxel is enough
FLOOR = 1e-6  # under a mean square; noise of variance 1 has 1
CUBE_FLOOR = 1e-3  # under a mean cube


class Scattering(Block):
    r"""Moments of wavelet moduli over the whole box, first and second order.

    For each scale s of :func:`cryoal.descriptors.solid_harmonics.moduli`:

    - of the difference of two Gaussians, which keeps the sign of the density: its largest value,
      and the logarithms of the mean cube of its positive and of its negative part;
    - of its magnitude and of the moduli :math:`U_{sl}`, l of 1 to 3: logarithms of mean, mean
      square, mean fourth power over the squared mean square, and largest value;
    - of each of the first three of these, seen with wavelets of every coarser scale t and l' of 0
      to 2: the logarithm of :math:`\overline{U_{tl'}[U_{sl}]} / \overline{U_{sl}}`.

    Means are over a soft ball that touches the faces. These are the numbers of solid-harmonic
    scattering (Eickenberg, Exarchakis, Hirn and Mallat, 2017; powers 1, 2 and 4), which do not ask
    where in the box a particle is nor how it is turned: shifts change what comes and goes at the
    edge of the ball. Only the first three of each scale tell a volume from its negative.

    The missing wedge is the same hole in the spectrum of every box, so that turning a particle
    changes what is missing of it: every modulus changes by the share of its power that lay there.
    """

    name = "scattering"
    version = 1

    def columns(self, side: int) -> int:
        """First order by scale, then second order by pairs of scales."""
        n = len(scales(side))
        first, second = 3 + 4 * (HIGHEST + 1), (HIGHEST_SECOND + 1) ** 2
        return n * first + n * (n - 1) // 2 * second

    def of(self, seen: Seen) -> Tensor:
        """First order of all scales, then second order from fine to coarse."""
        side, n = seen.side, len(seen.boxes)
        window = _window(side, 1, seen.boxes.device)
        first, second = [], []
        for index, found in enumerate(seen.once(first_order)):
            first.append(_signed(found.bump, window))
            seconds = []
            for degree, square in enumerate((found.bump.square(), *found.squares)):
                modulus = square.sqrt()
                flat = square.flatten(0, 2)
                mean = (window @ modulus.flatten(0, 2)).clamp_min(FLOOR**0.5)
                mean_square = (window @ flat).clamp_min(FLOOR)
                fourth = (window @ flat.square()).clamp_min(FLOOR**2)
                largest = modulus.flatten(0, 2).amax(0).clamp_min(FLOOR**0.5)
                first.append(
                    torch.stack(
                        [
                            mean.log(),
                            mean_square.log(),
                            fourth.log() - 2 * mean_square.log(),
                            largest.log(),
                        ]
                    )
                )
                if degree <= HIGHEST_SECOND:
                    seconds.append((modulus, mean))
            coarser = scales(side)[index + 1 :]
            if coarser:
                again = torch.stack([modulus for modulus, _ in seconds])  # (degrees, z, y, x, n)
                again = again.permute(0, 4, 1, 2, 3).reshape(-1, side, side, side)
                means = torch.cat([mean for _, mean in seconds])
            for scale in coarser:
                stride = 2 if scale >= COARSE - 1e-9 else 1
                part = moduli(again, scale, HIGHEST_SECOND, stride)
                for square in (part.bump.square(), *part.squares):
                    mean = _window(side, stride, seen.boxes.device) @ square.flatten(0, 2).sqrt()
                    second.append(((mean + FLOOR**0.5) / means).log().view(-1, n))
        return torch.cat([*first, *second]).T.contiguous()


def _signed(bump: Tensor, window: Tensor) -> Tensor:
    flat = bump.flatten(0, 2)
    up, down = flat.clamp_min(0).pow(3), (-flat).clamp_min(0).pow(3)
    return torch.stack(
        [flat.amax(0), (window @ up + CUBE_FLOOR).log(), (window @ down + CUBE_FLOOR).log()]
    )


@lru_cache(maxsize=16)
def _window(side: int, stride: int, device: torch.device) -> Tensor:
    """``(voxels,)``, of each `stride`-th voxel along each axis, the centre too; sums to 1."""
    kept = slice(side // 2 % stride, side, stride)
    window = disc(away(side), RADIUS * side, FALL)[kept, kept, kept].ravel()
    return torch.from_numpy(window / window.sum()).float().to(device)
