from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cryoal.campaign.thumbnails import WINDOW
from cryoal.review.view import View, low_pass, to_grey
from cryoal.seeds import stream


@pytest.fixture
def box() -> np.ndarray:
    return stream(0, "box").standard_normal((16, 16, 16)).astype(np.float32)


@pytest.mark.parametrize("resolution", [3.0, 7.0])
def test_low_pass_is_scipys_gaussian(box: np.ndarray, resolution: float) -> None:
    sigma = resolution * np.sqrt(np.log(2) / 2) / np.pi
    radius = int(np.ceil(3 * sigma))
    expected = gaussian_filter(box.astype(np.float64), sigma, mode="nearest", radius=radius)
    np.testing.assert_allclose(low_pass(box, resolution), expected, atol=1e-6)


def test_low_pass_halves_a_wave_as_long_as_the_resolution() -> None:
    wave = np.cos(2 * np.pi * np.arange(64) / 8).astype(np.float32)
    box = np.broadcast_to(wave, (8, 8, 64)).copy()
    smooth = low_pass(box, 8.0)[4, 4, 16:48]
    assert np.ptp(smooth) / 2 == pytest.approx(0.5, abs=0.01)
    assert low_pass(box, 0.0) is box


def test_grey_is_black_and_white_at_the_ends_of_the_window() -> None:
    values = np.array([WINDOW[0] - 1, WINDOW[0], sum(WINDOW) / 2, WINDOW[1], 99], np.float32)
    assert to_grey(values).tolist() == [0, 0, 128, 255, 255]
    assert to_grey(values, is_inverted=True).tolist() == [255, 255, 127, 0, 0]


def test_depth_goes_through_the_box_and_stops_at_its_border() -> None:
    box = np.zeros((8, 8, 8), np.float32)
    box[6] = 3.0  # a plane in z
    xy, xz, _ = View(depth=2).draw(box, thickness=1)
    assert (xy == 255).all()
    assert (xz[6] == 255).all()
    assert (View(depth=99).draw(box, 1) == View(depth=3).draw(box, 1)).all()
    assert (View(depth=-99).draw(box, 1) == View(depth=-4).draw(box, 1)).all()
    # at the border a slab of three has two voxels: 6 and 7, one of them bright
    assert View(depth=3).draw(box, 3)[0, 0, 0] == to_grey(np.array([1.5], np.float32))[0]
