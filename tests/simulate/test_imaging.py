from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cryoal.simulate.imaging import Imaging
from cryoal.simulate.recipe import ImagingConfig, read_recipe
from cryoal.simulate.transfer import transfer
from cryoal.simulate.wedge import measured

CPU = torch.device("cpu")


def imaging(shape: tuple[int, int, int], *settings: str) -> Imaging:
    return Imaging(read_recipe(None, [Path("x.pdb")], settings), shape, CPU)


def test_signal_is_the_product_of_float64_fourier_coefficients() -> None:
    shape = (20, 24, 18)
    volume = np.random.default_rng(0).standard_normal(shape)
    recipe_filter = transfer(shape, 10.0, ImagingConfig(), 0.6).signal.astype(np.float64)
    expected = np.fft.irfftn(np.fft.rfftn(volume) * recipe_filter, shape, axes=(0, 1, 2))
    found = imaging(shape).signal(torch.from_numpy(volume.astype(np.float32))).numpy()
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_the_wedge_is_empty_of_signal_and_of_noise() -> None:
    shape = (32, 30, 28)
    camera = imaging(shape, "imaging.tilt_range=40")
    missing = ~measured(32, 28, 10.0, 40.0)
    volume = torch.randn((2, *shape), generator=torch.Generator().manual_seed(1))
    for image in (camera.signal(volume), camera.noise([3, 4])):
        spectrum = np.abs(np.fft.rfftn(image.numpy().astype(np.float64), axes=(1, 2, 3)))
        by_wedge = spectrum.transpose(0, 2, 1, 3)[:, :, missing]
        assert missing.mean() > 0.4
        assert by_wedge.max() < 1e-5 * spectrum.max()


def test_noise_has_variance_one_and_depends_on_its_seed_alone() -> None:
    camera = imaging((48, 48, 48))
    alone, pair = camera.noise([7]), camera.noise([9, 7])
    assert torch.equal(alone, camera.noise([7]))
    torch.testing.assert_close(alone[0], pair[1], rtol=0, atol=1e-5)  # FFTs round by batch
    assert not torch.allclose(pair[0], pair[1], atol=0.1)
    assert float(pair.var()) == pytest.approx(1.0, rel=0.05)


def test_without_noise_there_is_none() -> None:
    camera = imaging((16, 16, 16), "noise.definition=none")
    assert camera.power is None
    assert not camera.noise([1]).any()
