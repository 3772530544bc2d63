"""Boxes of fewer voxels over the same space."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.descriptors.crop import fourier_crop, smallest_side
from tests.descriptors.boxes import noise

WAVES = [(0, 0, 0, 0.5, 0.0), (3, 1, -5, 1.0, 0.3), (7, 0, 0, 0.2, 1.0), (-2, 6, 7, 0.7, -2.0)]


def waves(side: int) -> torch.Tensor:
    """A box of less than 8 waves a side, whose phases are those at its centre voxel."""
    axis = (np.arange(side) - side // 2) / side
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    parts = [
        size * np.cos(2 * np.pi * (a * z + b * y + c * x) + phase) for a, b, c, size, phase in WAVES
    ]
    return torch.from_numpy(np.sum(parts, axis=0)[None]).float()


@pytest.mark.parametrize("old", [18, 24, 32, 48])
def test_a_band_limited_box_is_sampled_at_fewer_places(old: int) -> None:
    torch.testing.assert_close(fourier_crop(waves(old), 16), waves(16), rtol=0, atol=1e-5)


def test_the_centre_voxel_stays_the_centre_voxel() -> None:
    for axis in (1, 2, 3):
        blob = torch.zeros(1, 32, 32, 32)
        blob[0, 16, 16, 16] = 1.0
        cropped = fourier_crop(blob, 18)
        assert cropped.argmax() == (9 * 18 + 9) * 18 + 9
        reversed_ = cropped.flip(axis).roll(1, axis)
        torch.testing.assert_close(reversed_, cropped, rtol=0, atol=1e-7)


def test_cropping_agrees_with_a_spectrum_cut_out() -> None:
    boxes = noise(2, 20)
    spectrum = np.fft.fftn(np.fft.ifftshift(boxes.double().numpy(), axes=(1, 2, 3)), axes=(1, 2, 3))
    kept = [*range(8), *range(-8, 0)]
    part = spectrum[:, kept][:, :, kept][:, :, :, kept]
    part[:, 8] = part[:, :, 8] = part[:, :, :, 8] = 0  # 8 waves a side
    expected = np.fft.fftshift(np.fft.ifftn(part, axes=(1, 2, 3)).real, axes=(1, 2, 3))
    expected *= (16 / 20) ** 3
    np.testing.assert_allclose(fourier_crop(boxes, 16).numpy(), expected, atol=1e-5)


def test_a_box_of_that_side_is_left_alone() -> None:
    boxes = noise(2, 16)
    assert torch.equal(fourier_crop(boxes, 16), boxes)


@pytest.mark.parametrize("side", [6, 15, 34])
def test_other_sides_are_refused(side: int) -> None:
    with pytest.raises(ValueError, match=f"expected an even side of 8 to 32, found {side}"):
        fourier_crop(noise(1, 32), side)


def test_only_boxes_without_high_frequencies_get_smaller() -> None:
    assert smallest_side(waves(32)) == 16
    assert smallest_side(noise(4, 32)) == 32
    assert smallest_side(noise(4, 8)) == 8
    # A fifth of the variance of two pure waves lies at 10 waves a side, and at 12.
    axis = (torch.arange(32) - 16) / 32
    for highest, expected in ((10, 22), (12, 26)):
        wave = (2 * torch.pi * 3 * axis).cos() + 0.5 * (2 * torch.pi * highest * axis).cos()
        assert smallest_side(wave.expand(2, 32, 32, 32)) == expected
        assert smallest_side(wave.expand(2, 32, 32, 32), energy=0.75) == 16


def test_constant_boxes_need_no_more_than_the_least() -> None:
    assert smallest_side(torch.full((2, 32, 32, 32), 1.0)) == 16
