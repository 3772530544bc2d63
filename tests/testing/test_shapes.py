from __future__ import annotations

import numpy as np
import pytest

from cryoal.testing.shapes import EXTENT, SHAPES, rotation


@pytest.mark.parametrize("name", SHAPES)
def test_no_shape_reaches_beyond_the_extent(name: str) -> None:
    line = np.linspace(EXTENT, 2 * EXTENT, 50, dtype=np.float32)
    nothing = np.zeros_like(line)
    for axes in [(line, nothing, nothing), (nothing, line, nothing), (nothing, nothing, line)]:
        assert SHAPES[name](*axes).max() < 0.01


@pytest.mark.parametrize(
    ("name", "at_centre"), [("shell", 0), ("ring", 0), ("ball", 1), ("rod", 1)]
)
def test_shell_and_ring_are_empty_in_the_middle(name: str, at_centre: float) -> None:
    zero = np.zeros(1, np.float32)
    assert SHAPES[name](zero, zero, zero) == pytest.approx(at_centre, abs=0.02)


def test_rotation_is_relions_euler_matrix() -> None:
    spatial = pytest.importorskip("scipy.spatial.transform")
    for angles in [(10.0, 20.0, 30.0), (-170.0, 95.0, 61.0), (0.0, 0.0, 0.0)]:
        expected = spatial.Rotation.from_euler("ZYZ", angles, degrees=True).inv().as_matrix()
        np.testing.assert_allclose(rotation(*angles), expected, atol=1e-12)


def test_axis_of_a_tilted_particle_points_where_relion_says() -> None:
    # third column of Euler_angles2matrix: (-sin tilt cos psi, sin tilt sin psi, cos tilt)
    np.testing.assert_allclose(rotation(77, 90, 90) @ [0, 0, 1], [0, 1, 0], atol=1e-12)
