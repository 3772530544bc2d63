"""Solid-harmonic wavelets: how strongly a box varies about each voxel, by scale and by degree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.descriptors.base import Seen

__all__ = ["HIGHEST", "Moduli", "first_order", "moduli", "scales"]

HIGHEST = 3  # degree
FINEST = 0.7  # scale, in voxels: finer ones see less than a voxel
RATIO = 2**0.5  # of a scale to the next finer one
COARSEST = 1 / 7  # scale, in sides: its wavelets reach as far as the box does


@dataclass(frozen=True)
class Moduli:
    """What wavelets of one scale find, voxel by voxel.

    `smooth` is the box blurred by the Gaussian, `bump` the difference of that and of the box
    blurred twice as far, both with their sign; `squares` are the squared moduli of degrees 1, 2,
    ... Each is ``(z, y, x, n)``, the boxes last, and noise of variance 1 gives `smooth`, `bump` and
    each of `squares` the mean square, or the mean, 1.
    """

    smooth: Tensor
    bump: Tensor
    squares: list[Tensor]


def scales(side: int) -> list[float]:
    """Standard deviations of the Gaussians, in voxels, from fine to coarse."""
    found = [FINEST]
    while found[-1] * RATIO <= side * COARSEST:
        found.append(found[-1] * RATIO)
    return found


def first_order(seen: Seen) -> list[Moduli]:
    """What wavelets of each scale find in the boxes themselves."""
    return [moduli(seen.boxes, scale, HIGHEST) for scale in scales(seen.side)]


def moduli(boxes: Tensor, scale: float, highest: int, stride: int = 1) -> Moduli:
    r"""Moduli of a box with solid-harmonic wavelets of one scale s.

    .. math::

        U_l(u) = \Big(\tfrac{1}{2l+1} \sum_m \big| x * \psi_{lm} \big|^2(u) \Big)^{1/2}, \qquad
        \psi_{lm}(u) \propto |u|^l\, Y_{lm}(u)\, e^{-|u|^2 / 2 s^2}

    Turning or mirroring the box about a voxel turns or mirrors every U_l, whatever l; and the
    wavelets of degree 1 and more see no constant (Eickenberg, Exarchakis, Hirn and Mallat, 2017).
    A box is continued periodically.

    A solid harmonic is a sum of monomials, and a monomial times the Gaussian is a product of three
    functions of one coordinate: all degrees of one scale take 20 passes with small matrices along
    the last axis, and no Fourier transform.

    Parameters
    ----------
    boxes
        ``(n, side, side, side)``.
    scale
        s, in voxels.
    highest
        Degree, 3 at most.
    stride
        The result at every `stride`-th voxel along each axis.
    """
    tables = _tables(boxes.shape[-1], boxes.device, scale, highest, stride)
    found = _products(boxes, tables.monomials, highest)
    wide = _products(boxes, tables.wide, 0)[0, 0, 0]
    smooth = found[0, 0, 0]
    squares = [_degree_1, _degree_2, _degree_3][:highest]
    return Moduli(
        smooth=smooth * tables.smooth,
        bump=torch.sub(smooth * tables.bump, wide, alpha=tables.wide_share),
        squares=[
            square(found, weight) for square, weight in zip(squares, tables.squares, strict=True)
        ],
    )


def _degree_1(found: dict[tuple[int, int, int], Tensor], weight: float) -> Tensor:
    """3 z^2 + ..., where z is short for the box under the monomial z times the Gaussian."""
    total = found[1, 0, 0].square()
    total.addcmul_(found[0, 1, 0], found[0, 1, 0])
    return total.addcmul_(found[0, 0, 1], found[0, 0, 1]).mul_(3 * weight)


def _degree_2(found: dict[tuple[int, int, int], Tensor], weight: float) -> Tensor:
    """15 (zy)^2 + ..., 15/4 (xx - yy)^2, 5/4 (2 zz - xx - yy)^2: mean 1 each over the sphere."""
    total = found[1, 1, 0].square()
    total.addcmul_(found[1, 0, 1], found[1, 0, 1])
    total.addcmul_(found[0, 1, 1], found[0, 1, 1]).mul_(15 * weight)
    across = found[0, 2, 0] - found[0, 0, 2]
    total.addcmul_(across, across, value=15 / 4 * weight)
    along = 2 * found[2, 0, 0] - found[0, 2, 0] - found[0, 0, 2]
    return total.addcmul_(along, along, value=5 / 4 * weight)


def _degree_3(found: dict[tuple[int, int, int], Tensor], weight: float) -> Tensor:
    """105 (zyx)^2, and of each axis 105/4 (z(yy - xx))^2 and 7/4 (z(2 zz - 3 yy - 3 xx))^2."""
    total = found[1, 1, 1].square().mul_(105 * weight)
    for axis in range(3):
        cube = found[_exponents(axis, 3, 0)]
        one, other = found[_exponents(axis, 1, 1)], found[_exponents(axis, 1, 2)]
        across = one - other
        total.addcmul_(across, across, value=105 / 4 * weight)
        along = (one + other).mul_(-1.5).add_(cube)
        total.addcmul_(along, along, value=7 * weight)
    return total


def _exponents(axis: int, own: int, second: int) -> tuple[int, int, int]:
    """`own` of `axis`, and the rest of degree 3 to the `second`-th axis after it."""
    exponents = [0, 0, 0]
    exponents[axis] = own
    exponents[(axis + second) % 3] += 3 - own
    return exponents[0], exponents[1], exponents[2]


def _products(
    boxes: Tensor, kernels: list[Tensor], highest: int
) -> dict[tuple[int, int, int], Tensor]:
    """Boxes under every z^a y^b x^c Gaussian of degree `highest` at most, each ``(z, y, x, n)``.

    Each step contracts the last axis and puts the new one first, so that no step moves any data.
    """
    found = {}
    n, side = len(boxes), boxes.shape[-1]
    kept = len(kernels[0])
    along_x = _step(kernels[: highest + 1], boxes.reshape(-1, side))
    for c in range(highest + 1):
        along_y = _step(kernels[: highest + 1 - c], along_x[c].reshape(-1, side))
        for b in range(highest + 1 - c):
            along_z = _step(kernels[: highest + 1 - b - c], along_y[b].reshape(-1, side))
            for a in range(highest + 1 - b - c):
                found[a, b, c] = along_z[a].view(kept, kept, kept, n)
    return found


def _step(kernels: list[Tensor], rows: Tensor) -> Tensor:
    """``(kernels, kept, rows)``: each of `rows` under each of `kernels`, the rows last."""
    return (torch.cat(kernels) @ rows.T).view(len(kernels), len(kernels[0]), len(rows))


@dataclass(frozen=True)
class _Tables:
    """Matrices ``(kept, side)`` for one axis, and factors that give noise the mean square 1."""

    monomials: list[Tensor]
    wide: list[Tensor]
    smooth: float
    bump: float
    wide_share: float
    squares: list[float]


@lru_cache(maxsize=256)
def _tables(side: int, device: torch.device, scale: float, highest: int, stride: int) -> _Tables:
    profiles = [_profile(side, scale, power) for power in range(highest + 1)]
    wide = _profile(side, 2 * scale, 0)
    smooth = _product(profiles, (0, 0, 0))
    narrow_sum, wide_sum = smooth.sum(), wide.sum() ** 3
    bump = smooth / narrow_sum - _product([wide], (0, 0, 0)) / wide_sum
    length = np.sqrt((bump**2).sum())
    # What a box of a single bright voxel gives, summed over the voxels, is the energy of a wavelet.
    delta = {
        (a, b, c): torch.from_numpy(_product(profiles, (a, b, c)))
        for a in range(highest + 1)
        for b in range(highest + 1 - a)
        for c in range(highest + 1 - a - b)
    }
    degrees = [_degree_1, _degree_2, _degree_3][:highest]

    def matrix(profile: NDArray[np.float64]) -> Tensor:
        rows = np.arange(side // 2 % stride, side, stride)
        columns = np.arange(side)
        return torch.from_numpy(profile[columns - rows[:, None]]).float().to(device)

    return _Tables(
        monomials=[matrix(profile) for profile in profiles],
        wide=[matrix(wide)],
        smooth=float(1.0 / np.sqrt((smooth**2).sum())),
        bump=float(1.0 / (narrow_sum * length)),
        wide_share=float(1.0 / (wide_sum * length)),
        squares=[float(1.0 / square(delta, 1.0).sum()) for square in degrees],
    )


def _profile(side: int, scale: float, power: int) -> NDArray[np.float64]:
    """u^power exp(-u^2 / 2) with u in scales, at 0, 1, ... -1 voxels, continued periodically."""
    wraps = int(np.ceil(10 * scale / side)) + 1
    away = np.arange(side) + side * np.arange(-wraps, wraps + 1)[:, None]
    return np.asarray(((away / scale) ** power * np.exp(-0.5 * (away / scale) ** 2)).sum(axis=0))


def _product(
    profiles: list[NDArray[np.float64]], powers: tuple[int, int, int]
) -> NDArray[np.float64]:
    z, y, x = (profiles[power] for power in powers)
    return z[:, None, None] * y[:, None] * x
