"""Wavelets: worked values, and another implementation."""

from __future__ import annotations

from math import gamma, pi

import numpy as np
import pytest
import torch

from cryoal.descriptors.solid_harmonics import moduli
from tests.descriptors.boxes import delta, gaussian, noise

SIDE = 16


def test_a_bright_voxel_shows_the_wavelets_which_have_length_one() -> None:
    found = moduli(delta(SIDE), 1.6, 4)
    for part in (found.smooth.square(), found.bump.square(), *found.squares):
        assert part.sum().item() == pytest.approx(1.0, rel=1e-5)
    assert found.bump.sum().item() == pytest.approx(0.0, abs=1e-5)
    centre = found.squares.view(4, SIDE, SIDE, SIDE)[:, 8, 8, 8]
    assert centre.abs().max() < 1e-12  # a wavelet of degree 1 and more is 0 at its centre


def test_a_constant_is_seen_by_no_wavelet() -> None:
    found = moduli(torch.full((1, SIDE, SIDE, SIDE), 5.0), 1.0, 4)
    assert found.bump.abs().max() < 1e-4
    assert found.squares.max() < 1e-8
    # The Gaussian of length 1 sums to (4 pi s^2) ^ 3/4.
    assert found.smooth.min().item() == pytest.approx(5.0 * (4 * pi) ** 0.75, rel=1e-3)


def test_a_blurred_gaussian_is_a_wider_one() -> None:
    found = moduli(gaussian(32, 1.5), 2.0, 1).smooth.view(32, 32, 32)
    # Of widths t and s: (t s)^3 / (t^2 + s^2)^3/2 times (2 pi)^3/2 over the length (pi s^2)^3/4.
    peak = (1.5 * 2 / (1.5**2 + 2**2) ** 0.5) ** 3 * (2 * pi) ** 1.5 / (pi * 4) ** 0.75
    assert found[16, 16, 16].item() == pytest.approx(peak, rel=1e-4)
    assert (found[16, 19, 16] / found[16, 16, 16]).item() == pytest.approx(
        np.exp(-0.5 * 9 / 6.25), rel=1e-4
    )


@pytest.mark.parametrize("waves", [(2, 0, 0), (0, 0, 2), (1, 1, 1), (0, -2, 1)])
def test_a_plane_wave_has_the_same_moduli_in_all_directions(waves: tuple[int, int, int]) -> None:
    scale = 2.0
    axis = 2 * pi / SIDE * torch.arange(SIDE)
    z, y, x = (count * axis for count in waves)
    box = (z[:, None, None] + y[:, None] + x).cos()[None]
    k = 2 * pi / SIDE * sum(count**2 for count in waves) ** 0.5
    found = moduli(box, scale, 4).squares[:, :, 0].mean(1)
    for degree in range(1, 5):
        # The squared Fourier transform of r^l Y_lm exp(-r^2 / 2 s^2), summed over m, over the
        # squared lengths; a cosine has half of it on average.
        height = 4 * pi**2 * scale**3 * (scale * k) ** (2 * degree) / gamma(degree + 1.5)
        expected = height * np.exp(-((scale * k) ** 2)) / 2
        assert found[degree - 1].item() == pytest.approx(expected, rel=2e-3)


def test_white_noise_has_moduli_of_mean_square_one() -> None:
    found = moduli(noise(64, SIDE), 1.0, 4)
    for part in (found.smooth.square(), found.bump.square(), *found.squares):
        assert part.mean().item() == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("side", [14, 16, 18])
def test_a_stride_keeps_the_centre_and_every_second_voxel(side: int) -> None:
    boxes = noise(2, side)
    whole, thin = moduli(boxes, 1.6, 2), moduli(boxes, 1.6, 2, stride=2)
    kept = slice(side // 2 % 2, None, 2)
    every = whole.squares.view(2, side, side, side, 2)[:, kept, kept, kept]
    torch.testing.assert_close(thin.squares.view_as(every), every, rtol=1e-4, atol=1e-5)


def boxes_for_kymatio() -> torch.Tensor:
    """Three boxes that integers and a Gaussian make."""
    i = np.arange(SIDE**3)
    boxes = [((i * i * k + 7 * i) % 101 / 50 - 1).reshape(SIDE, SIDE, SIDE) for k in (3, 5)]
    axis = np.arange(SIDE) - SIDE // 2
    z, y, x = axis[:, None, None], axis[:, None], axis
    boxes.append(3 * np.exp(-((z - 1) ** 2 / 8 + (y + 2) ** 2 / 18 + x**2 / 3)))
    return torch.from_numpy(np.stack(boxes)).float()


# kymatio 0.3.0 (numpy 1.26.4, scipy 1.11.4; it does not import with scipy 1.17):
# HarmonicScattering3D(J=1, shape=(16, 16, 16), L=3, sigma_0=1.6, max_order=2,
# integral_powers=(1.0, 2.0)) of these boxes, divided by 16^3; degrees 1 to 3 in a row.
KYMATIO_MEANS = {
    1.6: [
        [0.0095273, 0.0106983, 0.0114952],
        [0.0286124, 0.0283954, 0.0265770],
        [0.0517853, 0.0341319, 0.0226812],
    ],
    3.2: [
        [0.0012164, 0.0013435, 0.0014201],
        [0.0043460, 0.0050107, 0.0052090],
        [0.0534274, 0.0458249, 0.0362358],
    ],
}
KYMATIO_SQUARES = {
    1.6: [
        [1.1668282e-04, 1.3138604e-04, 1.4405313e-04],
        [9.8038209e-04, 9.2339597e-04, 7.9879514e-04],
        [9.1177011e-03, 2.8824976e-03, 1.0359704e-03],
    ],
    3.2: [
        [1.8711144e-06, 2.0344269e-06, 2.1597737e-06],
        [2.6245383e-05, 2.9273215e-05, 2.9090967e-05],
        [4.1713151e-03, 2.5450753e-03, 1.4534215e-03],
    ],
}
KYMATIO_SECOND = [  # scale 1.6 seen with 3.2, the same degree for both
    [0.0008523, 0.0005294, 0.0002959],
    [0.0021949, 0.0008485, 0.0002085],
    [0.0226578, 0.0088019, 0.0030981],
]


def agree(found: torch.Tensor, kymatio: list[list[float]]) -> None:
    """Row by box, column by degree: the same but for one factor of each degree."""
    ratio = found.numpy() / np.array(kymatio)
    np.testing.assert_allclose(ratio / ratio[0], 1.0, rtol=2e-3)


@pytest.mark.parametrize("scale", [1.6, 3.2])
def test_first_order_is_that_of_kymatio(scale: float) -> None:
    squares = moduli(boxes_for_kymatio(), scale, 3).squares
    agree(squares.sqrt().mean(1).T, KYMATIO_MEANS[scale])
    agree(squares.mean(1).T, KYMATIO_SQUARES[scale])


def test_second_order_is_that_of_kymatio() -> None:
    squares = moduli(boxes_for_kymatio(), 1.6, 3).squares
    found = []
    for degree in (1, 2, 3):
        again = squares[degree - 1].sqrt().T.reshape(-1, SIDE, SIDE, SIDE)
        found.append(moduli(again, 3.2, degree).squares[degree - 1].sqrt().mean(0))
    agree(torch.stack(found, dim=1), KYMATIO_SECOND)
