from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from cryoal.seeds import stream
from cryoal.simulate.orientation import particle_rotations, random_angles
from cryoal.testing.shapes import rotation


def test_rotations_are_those_of_scipy_and_of_the_phantoms() -> None:
    angles = random_angles(5, stream(0, "test"))
    expected = Rotation.from_euler("ZYZ", angles, degrees=True).inv().as_matrix()
    np.testing.assert_allclose(particle_rotations(angles), expected, atol=1e-12)
    np.testing.assert_allclose(particle_rotations(angles)[3], rotation(*angles[3]), atol=1e-12)


def test_orientations_are_uniform() -> None:
    turns = particle_rotations(random_angles(20_000, stream(1, "test")))
    # of a uniform rotation every entry has mean 0 and variance 1/3
    np.testing.assert_allclose(turns.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(turns.var(axis=0), 1 / 3, atol=0.02)
