from __future__ import annotations

import numpy as np
import pytest

from cryoal.simulate.ctf import contrast_transfer, electron_wavelength


def test_wavelengths_are_those_of_the_textbooks() -> None:
    # Williams and Carter, table 1.2: 0.0251 and 0.0197 angstrom
    assert electron_wavelength(200) == pytest.approx(0.0251, abs=1e-4)
    assert electron_wavelength(300) == pytest.approx(0.0197, abs=1e-4)


def test_a_worked_example() -> None:
    # 300 kV, 5 um, 1/50 A^-1: lambda D k^2 = 0.019687 * 50000 / 2500 = 0.39375; pi times it is
    # 1.23699; Cs: pi/2 * 2.7e7 * 0.019687^3 / 50^4 = 5.178e-5; sin = 0.94476, cos = 0.32775;
    # A = 0.1: sqrt(0.99) * 0.94476 + 0.1 * 0.32775 = 0.97280
    found = contrast_transfer(
        np.array([1 / 50]),
        defocus=5,
        voltage=300,
        spherical_aberration=2.7,
        amplitude_contrast=0.1,
    )
    assert found[0] == pytest.approx(0.97280, abs=5e-5)


def test_density_is_bright_up_to_the_first_zero_and_dark_after_it() -> None:
    length = electron_wavelength(300)
    zero = 1 / np.sqrt(length * 5e4)  # lambda D k^2 = 1, at 31 A
    k = np.linspace(1e-4, 1.3 * zero, 300)
    found = contrast_transfer(
        k, defocus=5, voltage=300, spherical_aberration=0, amplitude_contrast=0
    )
    assert (found[k < 0.99 * zero] > 0).all()
    assert (found[k > 1.01 * zero] < 0).all()
    assert k[found.argmax()] == pytest.approx(zero / np.sqrt(2), rel=0.01)


def test_at_zero_frequency_there_is_amplitude_contrast_alone() -> None:
    zero = np.zeros(1)
    for contrast in (0.0, 0.07, 1.0):
        found = contrast_transfer(
            zero, defocus=3, voltage=200, spherical_aberration=2, amplitude_contrast=contrast
        )
        assert found[0] == pytest.approx(contrast)
