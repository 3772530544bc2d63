"""Spheres at random places without overlaps, for a tomogram: random sequential addition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import SimulationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["place_spheres"]

ROUNDS = 50  # of four tries for each sphere
FULLEST = 0.4  # share of the volume: for equal spheres the process ends at 0.38
IN_VAIN = 1000  # tries that find nothing before it is over


def place_spheres(
    radii: Sequence[float] | NDArray[np.float64],
    low_zyx: NDArray[np.float64],
    high_zyx: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    shells: Sequence[tuple[NDArray[np.float64], float, float]] = (),
) -> NDArray[np.float64]:
    """Centres ``(n, 3)`` of spheres that do not overlap, placed in the order of `radii`.

    Put the largest first: what is left between them is for the small ones.

    Parameters
    ----------
    radii
        In the unit of the corners.
    low_zyx, high_zyx
        Corners of the box in which centres lie.
    shells
        Centre, inner and outer radius of what no sphere may touch; inside the inner radius is free.

    Raises
    ------
    SimulationError
        No room; says how many found a place.
    """
    radii = np.asarray(radii, np.float64)
    n = len(radii)
    volume = float(np.prod(high_zyx - low_zyx + 2 * radii.max(initial=0.0)))
    fill = float((4 / 3 * np.pi * radii**3).sum()) / volume if n else 0.0
    placed = np.empty((n, 3))
    done = before = 0
    for number in range(ROUNDS if fill <= FULLEST else 0):
        in_vain = number > 0 and done == before and 4 * n >= IN_VAIN
        if done == n or in_vain:
            break
        before = done
        for place in rng.uniform(low_zyx, np.maximum(high_zyx, low_zyx), (4 * n, 3)):
            if done == n:
                break
            if _is_free(place, radii[done], placed[:done], radii[:done], shells):
                placed[done] = place
                done += 1
    if done < n:
        size = " x ".join(f"{edge:g}" for edge in high_zyx - low_zyx)
        raise SimulationError(
            f"expected room for {n} particles without overlaps where centres may be, z, y, x "
            f"{size}, found places for {done} (they would fill {fill:.0%}): fewer or smaller "
            "particles, or a larger volume"
        )
    return placed


def _is_free(
    place: NDArray[np.float64],
    radius: float,
    others: NDArray[np.float64],
    radii: NDArray[np.float64],
    shells: Sequence[tuple[NDArray[np.float64], float, float]],
) -> bool:
    if len(others) and not (((others - place) ** 2).sum(axis=1) >= (radii + radius) ** 2).all():
        return False
    for center, inner, outer in shells:
        distance = float(((place - center) ** 2).sum()) ** 0.5
        if inner - radius < distance < outer + radius:
            return False
    return True
