"""Densities of idealised particles, given by formulas, so that nothing has to be downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["BACKGROUND", "EXTENT", "SHAPES", "rotation"]

Floats: TypeAlias = NDArray[np.float32]

BACKGROUND = "background"
"""The class of picks on empty ice; every other class is a name of :data:`SHAPES`."""

EXTENT = 110.0
"""No shape reaches further than this from its centre, in angstrom."""

SOFT = 8.0  # angstrom over which an edge falls off; about the resolution of a good tomogram


def _inside(distance: NDArray[np.floating[Any]]) -> Floats:
    """1 where `distance` from the surface is negative (inside), 0 outside, with a soft edge."""
    return np.asarray(0.5 * (1.0 - np.tanh(distance / SOFT)), dtype=np.float32)


def _shell(x: Floats, y: Floats, z: Floats) -> Floats:
    r = np.sqrt(x * x + y * y + z * z)
    return _inside(np.abs(r - 48.0) - 14.0)  # a cage 125 A across, as apoferritin is


def _ball(x: Floats, y: Floats, z: Floats) -> Floats:
    return _inside(np.sqrt(x * x + y * y + z * z) - 42.0)


def _ring(x: Floats, y: Floats, z: Floats) -> Floats:
    r = np.sqrt(x * x + y * y) - np.float32(44.0)
    return _inside(np.sqrt(r * r + z * z) - 21.0)  # a torus 130 A across


def _rod(x: Floats, y: Floats, z: Floats) -> Floats:
    beyond = np.maximum(np.abs(z) - 50.0, 0.0)
    r = np.sqrt(x * x + y * y + beyond * beyond)
    return _inside(r - 26.0)  # a round-ended cylinder 150 A long, somewhat as the 20S proteasome


SHAPES: Mapping[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "shell": _shell,
    "ball": _ball,
    "ring": _ring,
    "rod": _rod,
}
"""Density in [0, 1] at ``x, y, z`` angstrom from the centre of the particle, its axis along z."""


def rotation(rot: float, tilt: float, psi: float) -> NDArray[np.float64]:
    """The matrix that turns the reference into the particle, (3, 3), for columns in x, y, z order.

    RELION's ``Euler_angles2matrix``: intrinsic ZYZ, inverse; degrees.

    Examples
    --------
    >>> rotation(0, 90, 0).round(3) @ [0, 0, 1]
    array([-1.,  0.,  0.])
    """
    a, b, c = np.radians([rot, tilt, psi])
    about_z, about_y, last = _about_z(a), _about_y(b), _about_z(c)
    inverse: NDArray[np.float64] = (about_z @ about_y @ last).T
    return inverse


def _about_z(angle: float) -> NDArray[np.float64]:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _about_y(angle: float) -> NDArray[np.float64]:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
