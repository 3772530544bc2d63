from __future__ import annotations

import numpy as np
import pytest

from cryoal.seeds import stream
from cryoal.testing.tomograms import Phantom, as_imaged, make_phantom

SHAPE = (32, 64, 64)


def _phantom(seed: int = 0, **settings: float) -> Phantom:
    counts = {"ball": 5, "background": 5}
    return make_phantom(counts, stream(seed, "test"), shape=SHAPE, **settings)  # type: ignore[arg-type]


def test_particles_are_brighter_than_ice() -> None:
    phantom = _phantom()
    index = np.floor(phantom.position_zyx_angstrom / 10 + 0.5).astype(int)
    near = np.array([phantom.volume[tuple(slice(i - 1, i + 2) for i in c)].mean() for c in index])
    is_ball = np.array(phantom.labels) == "ball"
    assert near[is_ball].min() > near[~is_ball].max()


def test_centres_keep_their_distance_and_the_margin() -> None:
    centers = _phantom().position_zyx_angstrom
    apart = np.linalg.norm(centers[:, None] - centers[None], axis=-1)
    assert apart[~np.eye(len(centers), dtype=bool)].min() >= 150
    assert (centers >= 80).all()
    assert (centers <= (np.array(SHAPE) - 9) * 10).all()


def test_noise_has_unit_variance_and_follows_the_snr() -> None:
    empty = make_phantom({"background": 1}, stream(0, "empty"), shape=SHAPE)
    assert empty.volume.std() == pytest.approx(1.0, abs=1e-3)
    faint, strong = _phantom(snr=1.0), _phantom(snr=4.0)  # twice the contrast, the same noise
    signal = strong.volume - faint.volume
    strongest = _phantom(snr=9.0)
    np.testing.assert_allclose(strongest.volume - strong.volume, signal, atol=1e-5)


def test_wedge_removes_what_no_tilt_sees() -> None:
    volume = stream(0, "wedge").standard_normal((16, 16, 16), np.float32)
    spectrum = np.fft.fftn(as_imaged(volume, 10.0, tilt_range=45.0, resolution=0.0))
    assert abs(spectrum[3, 5, 1]) < 1e-3  # z, y, x frequencies: |k_z| > tan(45) |k_x|
    assert spectrum[1, 5, 3] == pytest.approx(np.fft.fftn(volume)[1, 5, 3], rel=1e-3)
    assert spectrum[0, 0, 0].real == pytest.approx(volume.sum(), rel=1e-3)


def test_coefficients_at_the_resolution_are_halved() -> None:
    x = np.arange(32) * 10.0  # angstrom
    wave = np.broadcast_to(np.cos(2 * np.pi * x / 40).astype(np.float32), (8, 8, 32)).copy()
    np.testing.assert_allclose(as_imaged(wave, 10.0, 60.0, resolution=40.0), wave / 2, atol=1e-5)


def test_same_stream_same_tomogram() -> None:
    assert np.array_equal(_phantom(1).volume, _phantom(1).volume)
    assert not np.array_equal(_phantom(1).volume, _phantom(2).volume)


def test_class_without_a_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="found 'cube'"):
        make_phantom({"cube": 1}, stream(0, "x"), shape=SHAPE)


def test_more_particles_than_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="expected room for 100 particles"):
        make_phantom({"ball": 100}, stream(0, "x"), shape=SHAPE)
