from __future__ import annotations

import numpy as np
import pytest

from cryoal.simulate.resample import resample
from tests.simulate.material import blob


def test_a_smooth_density_is_what_it_is_between_the_voxels() -> None:
    values = blob((20, 22, 24), (9.0, 10.0, 11.0), sigma=2.0)
    center = np.array([9.3, 10.0, 11.8]) * 4.0  # angstrom; voxels of 4 A
    got = resample(values, 4.0, center, size=15, new_spacing=3.0, finest=8.0)
    place = [(np.arange(15) - 7) * 3.0 / 4.0 + c / 4.0 for c in center]
    z, y, x = np.meshgrid(*place, indexing="ij")
    expected = np.exp(-((z - 9) ** 2 + (y - 10) ** 2 + (x - 11) ** 2) / 8)
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_nothing_is_outside_the_map_not_its_other_side() -> None:
    values = blob((16, 16, 16), (1.0, 8.0, 8.0), sigma=1.5)  # near the lower face
    got = resample(values, 1.0, np.array([14.0, 8.0, 8.0]), size=11, new_spacing=1.0, finest=2.0)
    assert abs(got[7:]).max() < 0.02  # voxels 16 to 19 of the map


def test_a_gaussian_is_blurred_so_that_the_resolution_is_halved() -> None:
    # exp(-ln 2 (k R)^2) in Fourier space adds ln 2 R^2 / (2 pi^2) to the variance of a Gaussian:
    # with R = 40 A 56.2 A^2, so that sigma = 20 A becomes sqrt(456.2) = 21.36 A
    values = blob((48, 48, 48), (24.0, 24.0, 24.0), sigma=4.0)
    middle = np.full(3, 24.0) * 5.0
    got = resample(
        values, 5.0, middle, size=41, new_spacing=5.0, finest=20.0, resolution=40.0
    ).astype(np.float64)
    line = got[20, 20] / got[20, 20].max()
    expected = np.exp(-(((np.arange(41) - 20) * 5.0) ** 2) / (2 * 456.2))
    np.testing.assert_allclose(line, expected, atol=2e-3)


def test_the_mass_stays_what_it_was() -> None:
    values = blob((20, 20, 20), (9.0, 10.0, 11.0), sigma=2.0)
    got = resample(
        values, 4.0, np.full(3, 40.0), size=31, new_spacing=3.0, finest=8.0, resolution=20.0
    )
    assert got.sum() * 3.0**3 == pytest.approx(values.sum() * 4.0**3, rel=1e-3)
