"""How far places stand out from what is around them."""

from __future__ import annotations

import numpy as np

from cryoal.placement.landscape import Landscape, coarse_factor, landscape

SHAPE = (32, 48, 48)


def made(volume: np.ndarray, box: int = 12) -> np.ndarray:
    return landscape(volume.astype(np.float32), box, 1, (0, 0, 0), volume.shape).values  # type: ignore[arg-type]


def test_a_slope_of_thickness_has_no_contrast() -> None:
    slope = np.broadcast_to(np.linspace(-3, 3, 48)[None, None], SHAPE)
    inner = (slice(8, -8), slice(16, -16), slice(16, -16))  # away from where it is mirrored
    noise = np.random.default_rng(0).normal(size=SHAPE)
    change = made(noise + slope)[inner] - made(noise)[inner]
    assert np.abs(change[..., :2]).mean() < 0.25  # of a contrast whose scatter is 1


def test_a_bright_spot_stands_out_at_its_place_and_a_dark_one_as_much_the_other_way() -> None:
    z, y, x = np.indices(SHAPE)
    spot = 4.0 * (((z - 16) ** 2 + (y - 20) ** 2 + (x - 30) ** 2) < 9)
    volume = np.random.default_rng(0).normal(size=SHAPE) + spot
    bright = made(volume)
    assert bright[16, 20, 30, 1] == 3.0  # where it is cut off
    assert abs(bright[16, 20, 10, 1]) < 2.0
    np.testing.assert_allclose(made(-volume), -bright, atol=1e-3)


def test_empty_space_is_not_blown_up_to_noise() -> None:
    volume = np.random.default_rng(0).normal(size=SHAPE)
    volume[:, 24:] *= 1e-3
    far = made(volume)[:, 40:, :, :2]
    assert np.abs(far).mean() < 0.2  # of noise it is 0.8


def test_places_are_told_in_coarse_voxels_of_the_part() -> None:
    part = Landscape(np.zeros((4, 4, 4, 3), np.float32), 2, (10, 0, 0), (40, 8, 8))
    # voxels 10 and 11 make coarse voxel 0, whose middle is 10.5
    assert part.coarse(np.array([[10.5, 0.5, 2.5]])).tolist() == [[0.0, 0.0, 1.0]]


def test_coarse_voxels_are_at_least_twelve_a_box() -> None:
    assert [coarse_factor(box) for box in (4, 16, 24, 32, 64)] == [1, 1, 2, 2, 5]
