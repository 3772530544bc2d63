"""Orientations drawn uniformly from all rotations, as RELION's angles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.picks.star_columns import relion_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["particle_rotations", "random_angles"]


def random_angles(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """``(n, 3)`` rot, tilt, psi in degrees, uniform over SO(3): the cosine of the tilt is."""
    return np.stack(
        [
            rng.uniform(-180, 180, n),
            np.degrees(np.arccos(rng.uniform(-1, 1, n))),
            rng.uniform(-180, 180, n),
        ],
        axis=1,
    )


def particle_rotations(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(n, 3, 3)``: what turns a reference into the particle, for columns in x, y, z order.

    RELION's ``Euler_angles2matrix`` of the rows of `angles`, degrees.
    """
    rot, tilt, psi = np.radians(angles).T
    return relion_matrix(rot, tilt, psi)
