from __future__ import annotations

import numpy as np
import pytest

from cryoal.simulate.noise import noise_model
from cryoal.simulate.recipe import ImagingConfig, NoiseConfig
from cryoal.simulate.transfer import Transfer, mean_square, transfer


def flat(signal: float, detector: float) -> Transfer:
    ones = np.ones((4, 4, 3), np.float32)  # of 4^3 voxels
    return Transfer(signal * ones, detector * ones)


def test_power_is_the_plain_ratio_whatever_the_filters() -> None:
    for functions in (flat(0.5, 2.0), transfer((32,) * 3, 10.0, ImagingConfig(), 0.6)):
        width = 4 if len(functions.signal) == 4 else 32
        model = noise_model(NoiseConfig("power", 0.1), functions, width)
        assert model is not None
        assert model.power == pytest.approx(0.1)
        assert mean_square(model.spectrum, width) == pytest.approx(1.0, rel=1e-4)


def test_published_is_lower_in_the_plain_sense_by_what_escapes_the_ctf() -> None:
    # H = 0.5, M = 1: mean(H^2) = 0.25. SNR 0.05 of a signal of variance 1: b = a = 1 / (0.1 * 0.25)
    # = 40; after the filters 40 * 0.25 + 40 * 1 = 50, a plain ratio of 0.02 instead of 0.05.
    model = noise_model(NoiseConfig("published", 0.05), flat(0.5, 1.0), 4)
    assert model is not None
    assert model.power == pytest.approx(0.02)


def test_published_takes_the_variance_of_the_whole_volume_and_power_that_of_the_box() -> None:
    of_whole = {}
    for definition in ("power", "published"):
        model = noise_model(NoiseConfig(definition, 0.1), flat(1, 1), 4)
        assert model is not None
        of_whole[definition] = model.of_whole
    assert of_whole == {"power": False, "published": True}


def test_both_definitions_agree_where_noise_passes_as_signal_does() -> None:
    models = [noise_model(NoiseConfig(d, 0.3), flat(0.7, 0.7), 4) for d in ("power", "published")]
    assert [m.power for m in models if m] == pytest.approx([0.3, 0.3])


def test_half_of_the_noise_is_from_before_the_ctf() -> None:
    # power: before contributes b mean(H^2) = after a mean(M^2); flat, so half of the square each
    functions = transfer((32,) * 3, 10.0, ImagingConfig(), 0.6)
    model = noise_model(NoiseConfig("power", 1.0), functions, 32)
    assert model is not None
    of_before = functions.signal**2 / mean_square(functions.signal, 32)
    of_after = functions.detector**2 / mean_square(functions.detector, 32)
    np.testing.assert_allclose(model.spectrum**2, (of_before + of_after) / 2, rtol=1e-4, atol=1e-6)


def test_none_is_no_noise() -> None:
    assert noise_model(NoiseConfig("none"), flat(1, 1), 4) is None
