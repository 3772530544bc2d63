"""The formulas of descriptors in float64, as they are said: by scipy and Fourier transforms."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, sph_harm_y

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def harmonics(z: Array, y: Array, x: Array, degree: int) -> Array:
    """``(2l + 1, ...)``: real spherical harmonics of mean square 1; at the origin l = 0 alone."""
    r = np.sqrt(z * z + y * y + x * x)
    theta, phi = np.arccos(np.divide(z, r, out=np.zeros_like(r), where=r > 0)), np.arctan2(y, x)
    found = [sph_harm_y(degree, 0, theta, phi).real]
    for m in range(1, degree + 1):
        value = np.sqrt(2) * sph_harm_y(degree, m, theta, phi)
        found += [value.real, value.imag]
    return np.stack(found) * np.sqrt(4 * np.pi) * ((r > 0) | (degree == 0))


def grid(side: int, shift: tuple[int, int, int] = (0, 0, 0)) -> tuple[Array, Array, Array]:
    """z, y, x seen from the centre voxel, and shifted."""
    z, y, x = (np.arange(side, dtype=float) - side // 2 + by for by in shift)
    return np.broadcast_arrays(z[:, None, None], y[:, None], x)


@lru_cache
def wavelets(side: int, scale: float, degree: int) -> Array:
    """``(2l + 1, side, side, side)`` about voxel 0, continued periodically."""
    total = np.zeros((2 * degree + 1, side, side, side))
    for shift in product((-side, 0, side), repeat=3):
        z, y, x = grid(side, shift)
        r = np.sqrt(z * z + y * y + x * x) / scale
        total += r**degree * harmonics(z, y, x, degree) * np.exp(-0.5 * r * r)
    return np.fft.ifftshift(total, axes=(1, 2, 3))


def convolved(boxes: Array, filters: Array) -> Array:
    """``(n, filters, side, side, side)``."""
    waves = np.fft.rfftn(boxes, axes=(1, 2, 3))[:, None] * np.fft.rfftn(filters, axes=(1, 2, 3))
    return np.fft.irfftn(waves, boxes.shape[1:], axes=(2, 3, 4))


def smooth(boxes: Array, scale: float) -> Array:
    """Under a Gaussian of length 1."""
    kernel = wavelets(boxes.shape[-1], scale, 0)
    return convolved(boxes, kernel / np.linalg.norm(kernel))[:, 0]


def bump(boxes: Array, scale: float) -> Array:
    """Under the difference of two Gaussians of sum 1, of length 1."""
    narrow, wide = (wavelets(boxes.shape[-1], s, 0) for s in (scale, 2 * scale))
    kernel = narrow / narrow.sum() - wide / wide.sum()
    return convolved(boxes, kernel / np.linalg.norm(kernel))[:, 0]


def modulus(boxes: Array, scale: float, degree: int) -> Array:
    """Root of the summed squares over all orders, whose wavelets have length 1 together."""
    if degree == 0:
        return np.abs(bump(boxes, scale))
    kernel = wavelets(boxes.shape[-1], scale, degree)
    return np.sqrt((convolved(boxes, kernel / np.linalg.norm(kernel)) ** 2).sum(axis=1))


def ball(side: int, radius: float, fall: float) -> Array:
    """1 inside, 0 outside; `radius` and `fall` in voxels."""
    z, y, x = grid(side)
    return expit((radius - np.sqrt(z * z + y * y + x * x)) / fall)


def mean(values: Array, weight: Array) -> Array:
    """Weighted mean over the voxels."""
    return (values * weight).sum(axis=(-3, -2, -1)) / weight.sum()


def power(boxes: Array) -> Array:
    """Squared Fourier components of boxes seen through a soft ball."""
    window = ball(boxes.shape[-1], 0.42 * boxes.shape[-1], 0.7)
    held = (boxes - mean(boxes, window)[:, None, None, None]) * window
    return np.abs(np.fft.fftn(held, axes=(1, 2, 3))) ** 2 / (window**2).sum()
