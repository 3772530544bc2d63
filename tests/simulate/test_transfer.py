from __future__ import annotations

import numpy as np
import pytest

from cryoal.simulate.recipe import ImagingConfig
from cryoal.simulate.transfer import mean_square, transfer


@pytest.mark.parametrize("shape", [(24, 20, 22), (15, 18, 21)])
def test_mean_square_is_the_variance_of_filtered_white_noise(shape: tuple[int, int, int]) -> None:
    functions = transfer(shape, 10.0, ImagingConfig(), 0.6)
    rng = np.random.default_rng(0)
    for function in (functions.signal, functions.detector):
        found = [
            np.fft.irfftn(
                np.fft.rfftn(rng.standard_normal(shape)) * function, shape, axes=(0, 1, 2)
            )
            for _ in range(60)
        ]
        square = float(np.mean(np.square(found)))
        assert mean_square(function, shape[2]) == pytest.approx(square, rel=0.05)


def test_a_low_pass_halves_neither_what_is_coarser_nor_spares_what_is_finer() -> None:
    plain = transfer((64, 64, 64), 10.0, ImagingConfig(), 0.6)
    low = transfer((64, 64, 64), 10.0, ImagingConfig(lowpass=40.0), 0.6)
    k = np.fft.rfftfreq(64, 10.0)
    for name in ("signal", "detector"):
        before, after = getattr(plain, name)[0, 0], getattr(low, name)[0, 0]
        np.testing.assert_array_equal(after[k <= 1 / 40], before[k <= 1 / 40])
        assert abs(after[k > 1.3 / 40]).max() < 1e-3


def test_envelopes_fall_to_one_over_e_at_their_share_of_nyquist() -> None:
    imaging = ImagingConfig(ctf=False, envelope=0.5)
    found = transfer((40, 40, 40), 10.0, imaging, 0.25)
    # k_x = 10 / 400 is half of the Nyquist frequency, 5 / 400 a quarter
    assert found.signal[0, 0, 10] == pytest.approx(np.exp(-1), rel=1e-5)
    assert found.detector[0, 0, 5] == pytest.approx(np.exp(-1), rel=1e-5)


def test_the_ctf_is_over_the_length_of_the_frequency_whatever_its_direction() -> None:
    found = transfer((64, 64, 64), 10.0, ImagingConfig(tilt_range=90), 0.6).signal
    # (3, 4, 0), (0, 5, 0) and (0, 0, 5) have the same length
    assert found[3, 0, 4] == pytest.approx(found[0, 5, 0], rel=1e-5)
    assert found[0, 0, 5] == pytest.approx(found[0, 5, 0], rel=1e-5)
