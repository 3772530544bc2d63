"""Neighbours as near to a target as they can be: spheres that fall onto a growing heap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["crowd"]


def crowd(
    radii: Sequence[float] | NDArray[np.float64], rng: np.random.Generator, gap: float = 0.0
) -> NDArray[np.float64]:
    """Centres ``(n, 3)`` of spheres, the first at 0, each later one touching one before it.

    Each comes from a random direction straight towards the first and stops `gap` before the sphere
    that it meets: along ``x = t u`` the largest root t of ``|t u - c|^2 = (r + r_c + gap)^2``. So
    nothing overlaps and any number fits.

    Notes
    -----
    The simulator behind the paper's set packs by gradient descent from random places, best of
    five; both leave a target with its neighbours in contact.
    """
    radii = np.asarray(radii, np.float64)
    centers = np.zeros((len(radii), 3))
    for i in range(1, len(radii)):
        toward = rng.standard_normal(3)
        toward /= np.linalg.norm(toward)
        along = centers[:i] @ toward
        reach = radii[:i] + radii[i] + gap
        root = reach**2 - (centers[:i] ** 2).sum(axis=1) + along**2
        hit = root >= 0
        centers[i] = (along[hit] + np.sqrt(root[hit])).max() * toward
    return centers
