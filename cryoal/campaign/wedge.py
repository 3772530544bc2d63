"""How well poses fill up the missing wedge of single boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["measured_share"]

DIRECTIONS = 500


def measured_share(poses: NDArray[np.float64], tilt: float = 60.0) -> NDArray[np.float64]:
    """For :data:`DIRECTIONS` of Fourier space, the share of particles that were measured there.

    Parameters
    ----------
    poses
        ``(n, 3, 3)`` acting on x, y, z, from the particle's frame to the tomogram's.
    tilt
        Degrees to which the stage was tilted in both directions, about y; z is the beam. What lies
        within ``90 - tilt`` of the beam, seen along y, was not measured.
    """
    # points of a spiral on the half sphere: the other half is the same by Friedel's law
    number = np.arange(DIRECTIONS) + 0.5
    height, turn = 1 - number / DIRECTIONS, np.pi * (1 + 5**0.5) * number
    ring = np.sqrt(1 - height**2)
    directions = np.stack([ring * np.cos(turn), ring * np.sin(turn), height])  # (3, directions)
    steep = np.tan(np.radians(tilt))
    measured = np.zeros(DIRECTIONS)
    for some in np.array_split(poses, max(1, len(poses) // 1000)):
        in_tomogram = some @ directions
        measured += (np.abs(in_tomogram[:, 2]) <= steep * np.abs(in_tomogram[:, 0])).sum(axis=0)
    return measured / max(1, len(poses))
