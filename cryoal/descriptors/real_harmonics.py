"""Real spherical harmonics."""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["real_harmonics"]


def real_harmonics(
    z: NDArray[np.float64], y: NDArray[np.float64], x: NDArray[np.float64], highest: int
) -> NDArray[np.float64]:
    """Real spherical harmonics of the directions of some points.

    Column ``l * l + l + m`` is degree l, order m, of mean square 1 over the sphere; m > 0 goes with
    cos, m < 0 with sin. At the origin, which has no direction, all but degree 0 are 0.

    Parameters
    ----------
    z, y, x
        ``(n,)``, any length but for the origin.
    highest
        Degree.

    Returns
    -------
    ndarray
        ``(n, (highest + 1) ** 2)``.

    Notes
    -----
    The associated Legendre functions by their recurrence in l, without the Condon-Shortley phase
    (Press et al., Numerical Recipes, 3rd edition, 6.7), divided by sin(theta) to the m, which goes
    to the polynomial in x and y: nothing is singular at the poles.
    """
    length = np.sqrt(z * z + y * y + x * x)
    origin = length == 0
    length = np.where(origin, 1.0, length)
    cosine = z / length
    plane = (x + 1j * y) / length  # sin(theta) exp(i phi)
    columns = np.zeros((len(z), (highest + 1) ** 2))
    for m in range(highest + 1):
        around = plane**m
        before, now = np.zeros_like(cosine), np.full_like(cosine, _odd_product(m))
        for degree in range(m, highest + 1):
            scale = np.sqrt((2 * degree + 1) * factorial(degree - m) / factorial(degree + m))
            if m == 0:
                columns[:, degree * degree + degree] = scale * now
            else:
                scale *= np.sqrt(2.0)
                columns[:, degree * degree + degree + m] = scale * now * around.real
                columns[:, degree * degree + degree - m] = scale * now * around.imag
            following = (2 * degree + 1) * cosine * now - (degree + m) * before
            before, now = now, following / (degree - m + 1)
    columns[origin, 1:] = 0.0
    return columns


def _odd_product(m: int) -> float:
    """1 x 3 x ... x (2m - 1)."""
    return float(np.prod(np.arange(1, 2 * m, 2))) if m else 1.0
