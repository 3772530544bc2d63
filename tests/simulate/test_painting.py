from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import center_of_mass
from scipy.spatial.transform import Rotation

from cryoal.simulate.orientation import particle_rotations
from cryoal.simulate.painting import paint
from tests.simulate.material import molecule

IDENTITY = np.eye(3)[None]


def painted(
    shape: tuple[int, int, int],
    center: tuple[float, float, float],
    turn: np.ndarray = IDENTITY,
    place: tuple[float, float, float] = (0, 0, 0),
    voxel_spacing: float = 5.0,
) -> np.ndarray:
    volume = torch.zeros((1, *shape))
    paint(volume, [0], molecule(place=place), np.array([center]), turn, voxel_spacing)
    return volume[0].numpy()


def test_a_molecule_at_a_voxel_is_its_own_samples() -> None:
    got = painted((31, 33, 35), (15, 16, 17))
    np.testing.assert_allclose(got[3:28, 4:29, 5:30], molecule().values, atol=1e-6)


def test_a_fraction_of_a_voxel_is_a_fraction_of_a_voxel() -> None:
    got = painted((32, 32, 32), (15.25, 16.5, 14.8), voxel_spacing=10.0)
    assert center_of_mass(got) == pytest.approx((15.25, 16.5, 14.8), abs=0.02)


def test_what_is_at_v_in_the_reference_is_at_r_v_in_the_tomogram() -> None:
    angles = np.array([[40.0, 65.0, -110.0]])
    turn = Rotation.from_euler("ZYZ", angles[0], degrees=True).inv().as_matrix()
    x, y, z = turn @ [4.0, -3.0, 2.0]  # samples, x, y, z
    got = painted((40, 40, 40), (20, 20, 20), particle_rotations(angles), place=(2.0, -3.0, 4.0))
    assert center_of_mass(got) == pytest.approx((20 + z, 20 + y, 20 + x), abs=0.05)


def test_turning_twice_by_half_a_turn_changes_nothing() -> None:
    whole = particle_rotations(np.array([[180.0, 0.0, 180.0]]))
    got = painted((31, 31, 31), (15, 15, 15), whole, place=(3.0, 0.0, 1.0))
    np.testing.assert_allclose(
        got, painted((31, 31, 31), (15, 15, 15), place=(3.0, 0.0, 1.0)), atol=1e-5
    )


def test_what_reaches_beyond_the_volume_is_cut_off_and_nothing_wraps() -> None:
    whole = painted((60, 60, 60), (30, 30, 30))
    corner = painted((20, 20, 20), (0, 0, 0))
    np.testing.assert_allclose(corner, whole[30:50, 30:50, 30:50], atol=1e-6)
    assert not painted((20, 20, 20), (-40, 5, 5)).any()


def test_each_particle_goes_into_its_own_volume() -> None:
    volumes = torch.zeros((3, 31, 31, 31))
    centers = np.array([[15.0] * 3, [12.0] * 3, [15.0] * 3])
    paint(volumes, [0, 2, 2], molecule(), centers, np.repeat(IDENTITY, 3, axis=0), 5.0)
    mass = volumes.sum(dim=(1, 2, 3))
    assert mass[1] == 0
    assert mass[2] == pytest.approx(2 * float(mass[0]), rel=1e-3)
