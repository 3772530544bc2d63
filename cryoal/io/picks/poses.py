"""Poses of particles: one rotation matrix each, and the numbers in which programs write it.

The matrix ``R`` of a particle turns a vector of the reference into the tomogram, both in x, y, z
and right-handed: the axis of the reference points along ``R @ (0, 0, 1)`` in the tomogram. With
``Rz(a) = [[cos a, -sin a, 0], [sin a, cos a, 0], [0, 0, 1]]`` and its like, and angles in degrees:

========  ===================================================  ==================================
name      written as                                           ``R``
========  ===================================================  ==================================
``zyz``   RELION, Warp, M, pytom: ``rlnAngleRot, Tilt, Psi``   ``Rz(-psi) Ry(-tilt) Rz(-rot)``
``zxz``   Dynamo: ``tdrot, tilt, narot``                       ``Rz(-tdrot) Rx(-tilt) Rz(-narot)``
``motl``  TOM, AV3, STOPGAP: ``phi, psi, theta``               ``Rz(psi) Rx(theta) Rz(phi)``
========  ===================================================  ==================================

RELION's is its ``Euler_angles2matrix``, which ``ParticleSet::getMatrix4x4`` calls the map "from
particle space to tomogram space" (RELION 5, ``src/jaz/tomography/particle_set.cpp``). Dynamo's is
what its wiki says of the template (*Euler angles convention*: clockwise about z, about the new x,
about the new z); on the 4,485 particles along filaments of a real table it gives the direction of
the filament, which no other order or sign does. It is the negative of a motive list's in each angle
(cryoCAT's ``DynamoMotl``), where ``tom_rotate`` turns about z by phi, x by theta, z by psi.

Many angles are one rotation. Those written are 0 to 180 for the middle one and -180 to 180 for the
others; where the middle one is 0 or 180, ``rot``, ``narot`` and ``psi`` of a motive list are 0.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "are_rotations",
    "matrix_from_motl",
    "matrix_from_quaternion",
    "matrix_from_vector",
    "matrix_from_zxz",
    "matrix_from_zyz",
    "motl_from_matrix",
    "quaternion_from_matrix",
    "vector_from_matrix",
    "zxz_from_matrix",
    "zyz_from_matrix",
]

Floats: TypeAlias = NDArray[np.float64]

X, Y = 0, 1  # the axis of the middle rotation
UPRIGHT = 1e-7  # sine of the middle angle below which the outer two are one rotation


def matrix_from_zyz(angles: Floats) -> Floats:
    """``(n, 3, 3)`` of RELION's rot, tilt, psi, ``(n, 3)`` in degrees."""
    rot, tilt, psi = np.radians(angles).T
    return _product(-psi, -tilt, -rot, Y)


def zyz_from_matrix(matrix: Floats) -> Floats:
    """RELION's rot, tilt, psi, ``(n, 3)`` in degrees, of ``(n, 3, 3)``."""
    rot, tilt, psi = _angles(matrix.transpose(0, 2, 1), Y)
    return np.degrees(np.stack([rot, tilt, psi], axis=1))


def matrix_from_zxz(angles: Floats) -> Floats:
    """``(n, 3, 3)`` of Dynamo's tdrot, tilt, narot, ``(n, 3)`` in degrees."""
    tdrot, tilt, narot = np.radians(angles).T
    return _product(-tdrot, -tilt, -narot, X)


def zxz_from_matrix(matrix: Floats) -> Floats:
    """Dynamo's tdrot, tilt, narot, ``(n, 3)`` in degrees, of ``(n, 3, 3)``."""
    narot, tilt, tdrot = _angles(matrix.transpose(0, 2, 1), X)
    return np.degrees(np.stack([tdrot, tilt, narot], axis=1))


def matrix_from_motl(angles: Floats) -> Floats:
    """``(n, 3, 3)`` of a motive list's phi, psi, theta, ``(n, 3)`` in degrees and in its order."""
    phi, psi, theta = np.radians(angles).T
    return _product(psi, theta, phi, X)


def motl_from_matrix(matrix: Floats) -> Floats:
    """A motive list's phi, psi, theta, ``(n, 3)`` in degrees and its order, of ``(n, 3, 3)``."""
    psi, theta, phi = _angles(matrix, X)
    return np.degrees(np.stack([phi, psi, theta], axis=1))


def matrix_from_quaternion(quaternion: Floats) -> Floats:
    """``(n, 3, 3)`` of quaternions ``(n, 4)`` in the order x, y, z, w, of any length but 0."""
    x, y, z, w = (quaternion / np.linalg.norm(quaternion, axis=1, keepdims=True)).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows, np.float64), -1, 0)


def quaternion_from_matrix(matrix: Floats) -> Floats:
    """Unit quaternions ``(n, 4)`` in the order x, y, z, w, with w >= 0, of ``(n, 3, 3)``."""
    # 4 q q^T, whose columns are the quaternion times one of its entries: the longest is exact
    xx, yy, zz = np.diagonal(matrix, axis1=1, axis2=2).T
    xy, xz, yz = (matrix[:, j, i] + matrix[:, i, j] for i, j in ((0, 1), (0, 2), (1, 2)))
    xw = matrix[:, 2, 1] - matrix[:, 1, 2]
    yw = matrix[:, 0, 2] - matrix[:, 2, 0]
    zw = matrix[:, 1, 0] - matrix[:, 0, 1]
    outer = np.array(
        [
            [1 + xx - yy - zz, xy, xz, xw],
            [xy, 1 - xx + yy - zz, yz, yw],
            [xz, yz, 1 - xx - yy + zz, zw],
            [xw, yw, zw, 1 + xx + yy + zz],
        ]
    )
    longest = np.argmax(np.diagonal(outer, axis1=0, axis2=1), axis=1)
    column = outer[:, longest, np.arange(len(matrix))].T
    signed: Floats = column * np.where(column[:, 3:] < 0, -1.0, 1.0)
    unit: Floats = signed / np.linalg.norm(signed, axis=1, keepdims=True)
    return unit


def matrix_from_vector(vector: Floats) -> Floats:
    """``(n, 3, 3)`` of rotation vectors ``(n, 3)`` in x, y, z: the axis, as long as the radians."""
    half = np.linalg.norm(vector, axis=1, keepdims=True) / 2
    # sin(half) / (2 half), which np.sinc gives at 0 too
    return matrix_from_quaternion(
        np.concatenate([vector * np.sinc(half / np.pi) / 2, np.cos(half)], axis=1)
    )


def vector_from_matrix(matrix: Floats) -> Floats:
    """Rotation vectors ``(n, 3)`` in x, y, z, at most pi long, of ``(n, 3, 3)``."""
    quaternion = quaternion_from_matrix(matrix)
    sine = np.linalg.norm(quaternion[:, :3], axis=1, keepdims=True)
    half = np.arctan2(sine, quaternion[:, 3:])
    vector: Floats = quaternion[:, :3] * 2 / np.sinc(half / np.pi)
    return vector


def are_rotations(matrix: Floats, tolerance: float = 1e-3) -> NDArray[np.bool_]:
    """Which of ``(n, 3, 3)`` keep lengths, angles and the hand, each entry to `tolerance`."""
    square = matrix @ matrix.transpose(0, 2, 1)
    keep = np.abs(square - np.eye(3)).max(axis=(1, 2)) <= tolerance
    found: NDArray[np.bool_] = keep & (np.linalg.det(np.where(np.isfinite(matrix), matrix, 0)) > 0)
    return found


def _product(first: Floats, middle: Floats, last: Floats, axis: int) -> Floats:
    """``Rz(first) R(middle) Rz(last)``, radians; the middle rotation is about `axis`."""
    product: Floats = _about(2, first) @ _about(axis, middle) @ _about(2, last)
    return product


def _about(axis: int, angle: Floats) -> Floats:
    """Rotations about x (0), y (1) or z (2) by `angle`, counterclockwise seen against the axis."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros((len(angle), 3, 3))
    matrix[:, axis, axis] = 1
    matrix[:, i, i] = matrix[:, j, j] = np.cos(angle)
    matrix[:, j, i] = np.sin(angle)
    matrix[:, i, j] = -matrix[:, j, i]
    return matrix


def _angles(matrix: Floats, axis: int) -> tuple[Floats, Floats, Floats]:
    """What :func:`_product` has made `matrix` of, the middle from 0 to pi; radians."""
    # beside the corner, cos(middle), the last column and row hold sin(middle) times (cos, sin) of
    # the first and of the last angle, about y; about x a quarter turn further
    across, down = matrix[:, :2, 2], matrix[:, 2, :2]
    if axis == Y:
        first, last = np.arctan2(across[:, 1], across[:, 0]), np.arctan2(down[:, 1], -down[:, 0])
        alone = np.arctan2(matrix[:, 1, 0], matrix[:, 1, 1])  # a rotation about y leaves this row
    else:
        first, last = np.arctan2(across[:, 0], -across[:, 1]), np.arctan2(down[:, 0], down[:, 1])
        alone = np.arctan2(-matrix[:, 0, 1], matrix[:, 0, 0])
    sine = np.linalg.norm(down, axis=1)
    is_upright = sine < UPRIGHT
    middle = np.arctan2(sine, matrix[:, 2, 2])
    return np.where(is_upright, 0.0, first), middle, np.where(is_upright, alone, last)
