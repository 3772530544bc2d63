"""Solid-harmonic wavelets: how strongly a box varies about each voxel, by scale and by degree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.descriptors.real_harmonics import real_harmonics

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

__all__ = ["Moduli", "moduli"]


@dataclass(frozen=True)
class Moduli:
    """What wavelets of one scale find in boxes, voxel by voxel, the boxes last.

    White noise of variance 1 gives `smooth`, `bump` and each of `squares` but the first a mean
    square, or a mean, of 1.
    """

    smooth: Tensor
    """``(voxels, n)``: the box blurred by the Gaussian, with its sign."""
    bump: Tensor
    """``(voxels, n)``: the same, less the box blurred twice as far. A constant box has 0."""
    squares: Tensor
    """``(highest, voxels, n)``: squared moduli of degrees 1, 2, ..."""


def moduli(boxes: Tensor, scale: float, highest: int, stride: int = 1) -> Moduli:
    r"""Moduli of boxes with solid-harmonic wavelets of one scale s.

    .. math::

        U_l(u) = \Big(\tfrac{1}{2l+1} \sum_m \big| x * \psi_{lm} \big|^2(u) \Big)^{1/2}, \qquad
        \psi_{lm}(u) \propto |u|^l\, Y_{lm}(u)\, e^{-|u|^2 / 2 s^2}

    Turning or mirroring the box about a voxel turns or mirrors every U_l; wavelets of degree 1 and
    more see no constant (Eickenberg, Exarchakis, Hirn and Mallat, 2017). A box is continued
    periodically.

    A solid harmonic is a sum of monomials, and a monomial times the Gaussian is a product of three
    functions of one coordinate each: small matrices along one axis at a time, and then one matrix
    for each degree that goes from monomials to harmonics.

    Parameters
    ----------
    boxes
        ``(n, side, side, side)``.
    scale
        s, in voxels.
    highest
        Degree.
    stride
        The result at every `stride`-th voxel along each axis, the centre voxel among them.
    """
    tables = _tables(boxes.shape[-1], boxes.device, scale, highest, stride)
    found = _monomials(boxes, tables.kernels)
    wide = _monomials(boxes, [tables.wide])[0][0]
    smooth = found[0][0]
    squares = [
        (matrix @ part).square_().sum(0)
        for matrix, part in zip(tables.harmonics, found[1:], strict=True)
    ]
    return Moduli(
        smooth=(smooth * tables.smooth).view(-1, len(boxes)),
        bump=torch.sub(smooth * tables.bump, wide, alpha=tables.wide_share).view(-1, len(boxes)),
        squares=torch.stack(squares).view(highest, -1, len(boxes)),
    )


def _monomials(boxes: Tensor, kernels: list[Tensor]) -> list[Tensor]:
    """Boxes under z^a y^b x^c times the Gaussian: of each degree ``(monomials, z * y * x * n)``.

    Each step contracts the last axis and puts the new one first, so that no step moves any data.
    """
    highest, (kept, side) = len(kernels) - 1, kernels[0].shape
    voxels = kept**3 * len(boxes)
    found = [boxes.new_empty(len(_powers(degree)), voxels) for degree in range(highest + 1)]
    along_x = torch.cat(kernels) @ boxes.reshape(-1, side).T
    for c, of_c in enumerate(along_x.view(highest + 1, -1, side)):
        along_y = torch.cat(kernels[: highest + 1 - c]) @ of_c.T
        for b, of_b in enumerate(along_y.view(highest + 1 - c, -1, side)):
            for a in range(highest + 1 - c - b):
                part = found[a + b + c][_powers(a + b + c).index((a, b, c))]
                torch.mm(kernels[a], of_b.T, out=part.view(kept, -1))
    return found


def _powers(degree: int) -> list[tuple[int, int, int]]:
    """Of z, y and x in every monomial of that degree."""
    return [(degree - b - c, b, c) for c in range(degree + 1) for b in range(degree + 1 - c)]


@dataclass(frozen=True)
class _Tables:
    kernels: list[Tensor]
    """``(kept, side)`` for each power of a coordinate, times the Gaussian."""
    wide: Tensor
    """The same for the power 0 and a Gaussian twice as wide."""
    harmonics: list[Tensor]
    """``(2l + 1, monomials)`` for each degree from 1 on."""
    smooth: float
    bump: float
    wide_share: float


@lru_cache(maxsize=64)
def _tables(side: int, device: torch.device, scale: float, highest: int, stride: int) -> _Tables:
    profiles = [_profile(side, scale, power) for power in range(highest + 1)]
    wide = _profile(side, 2 * scale, 0)
    smooth = _product(profiles, (0, 0, 0))
    narrow_sum, wide_sum = smooth.sum(), wide.sum() ** 3
    length = np.linalg.norm(smooth / narrow_sum - _product([wide], (0, 0, 0)) / wide_sum)
    harmonics = []
    for degree in range(1, highest + 1):
        matrix = _coefficients(degree)
        products = np.stack([_product(profiles, powers).ravel() for powers in _powers(degree)])
        matrix /= np.linalg.norm(matrix @ products)  # one for all orders: as symmetric as the grid
        harmonics.append(torch.from_numpy(matrix).float().to(device))

    def along(profile: NDArray[np.float64]) -> Tensor:
        rows = np.arange(side // 2 % stride, side, stride)
        return torch.from_numpy(profile[np.arange(side) - rows[:, None]]).float().to(device)

    return _Tables(
        kernels=[along(profile) for profile in profiles],
        wide=along(wide),
        harmonics=harmonics,
        smooth=float(1.0 / np.linalg.norm(smooth)),
        bump=float(1.0 / (narrow_sum * length)),
        wide_share=float(1.0 / (wide_sum * length)),
    )


def _profile(side: int, scale: float, power: int) -> NDArray[np.float64]:
    """u^power exp(-u^2 / 2) with u in scales, at 0, 1, ... -1 voxels, continued periodically."""
    wraps = int(np.ceil(10 * scale / side)) + 1
    away = (np.arange(side) + side * np.arange(-wraps, wraps + 1)[:, None]) / scale
    return np.asarray((away**power * np.exp(-0.5 * away**2)).sum(axis=0))


def _product(
    profiles: list[NDArray[np.float64]], powers: tuple[int, int, int]
) -> NDArray[np.float64]:
    z, y, x = (profiles[power] for power in powers)
    return np.asarray(z[:, None, None] * y[:, None] * x)


def _coefficients(degree: int) -> NDArray[np.float64]:
    """``(2l + 1, monomials)``: solid harmonics |u|^l Y_lm(u) as sums of monomials."""
    z, y, x = np.random.default_rng(0).standard_normal((3, 200))
    length = np.sqrt(z * z + y * y + x * x)
    wanted = real_harmonics(z, y, x, degree)[:, degree**2 :] * length[:, None] ** degree
    monomials = np.stack([z**a * y**b * x**c for a, b, c in _powers(degree)], axis=1)
    found = np.linalg.lstsq(monomials, wanted, rcond=None)[0].T
    found[np.abs(found) < 1e-9] = 0.0
    return np.asarray(found)
