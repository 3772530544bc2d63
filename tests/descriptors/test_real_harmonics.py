"""Real spherical harmonics."""

from __future__ import annotations

import numpy as np

from cryoal.descriptors.real_harmonics import real_harmonics
from tests.descriptors import reference


def test_they_are_those_of_scipy() -> None:
    z, y, x = np.random.default_rng(0).standard_normal((3, 40))
    z[:2], y[:2], x[:2] = [2.0, -3.0], 0.0, 0.0  # the poles
    found = real_harmonics(z, y, x, 6)
    for degree in range(7):
        mine = found[:, degree**2 : (degree + 1) ** 2]
        theirs = reference.harmonics(z, y, x, degree).T
        np.testing.assert_allclose(np.abs(mine[:, degree]), np.abs(theirs[:, 0]), atol=1e-12)
        for m in range(1, degree + 1):
            sign = (-1) ** m  # the Condon-Shortley phase
            np.testing.assert_allclose(mine[:, degree + m], sign * theirs[:, 2 * m - 1], atol=1e-12)
            np.testing.assert_allclose(mine[:, degree - m], sign * theirs[:, 2 * m], atol=1e-12)


def test_the_origin_has_no_direction() -> None:
    (row,) = real_harmonics(*np.zeros((3, 1)), 3)
    np.testing.assert_array_equal(row, [1.0] + [0.0] * 15)
