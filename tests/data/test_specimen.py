from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.data.specimen import edge_of_tiles, is_specimen, tile_variance
from cryoal.data.statistics import robust_statistics
from cryoal.testing.tomograms import make_phantom

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.statistics import Statistics

    Floats = NDArray[np.floating]

SHAPE = (24, 64, 72)


class InMemory:
    """A volume of which only what statistics need is there."""

    voxel_spacing = 10.0

    def __init__(self, voxels: Floats) -> None:
        self.path = "memory"
        self.shape = voxels.shape
        self._voxels = voxels

    def read(self, start: Sequence[int], stop: Sequence[int]) -> Floats:
        return self._voxels[tuple(map(slice, start, stop))].copy()


def statistics_of(voxels: Floats) -> Statistics:
    return robust_statistics(InMemory(voxels))


@cache
def specimen(kind: str) -> Floats:
    rng = np.random.default_rng(3)
    if kind == "phantom":
        counts = {"ring": 6, "rod": 6}
        return make_phantom(counts, rng, shape=SHAPE, distance=90.0).volume
    return rng.standard_normal(SHAPE).astype(np.float32)


def flat(noise: Floats) -> Floats:
    return noise


def raised(noise: Floats) -> Floats:
    return noise + 4


def sloping(noise: Floats) -> Floats:
    return noise + np.linspace(-2, 3, noise.shape[2], dtype=np.float32)


def smooth(noise: Floats) -> Floats:
    """Noise of the same deviation, of which neighbours are alike: as denoising leaves it."""
    found = noise
    for axis in (1, 2):
        found = found + np.roll(found, 1, axis) + np.roll(found, 2, axis)
    return found * (noise.std() / max(found.std(), 1e-30))


def beside(tissue: Floats, vacuum: Callable[[tuple[int, ...]], Floats], share: float, axis: int):
    """The tissue and behind it, along `axis`, vacuum: this share of the whole."""
    shape = list(tissue.shape)
    shape[axis] = round(share / (1 - share) * shape[axis])
    return np.concatenate([tissue, vacuum(tuple(shape))], axis)


def vacuum_of(sigma: float, look: Callable[[Floats], Floats]):
    rng = np.random.default_rng(4)
    return lambda shape: look((sigma * rng.standard_normal(shape)).astype(np.float32))


@pytest.mark.parametrize("look", [flat, raised, sloping, smooth])
@pytest.mark.parametrize("sigma", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.8])
@pytest.mark.parametrize("axis", [0, 2])
def test_vacuum_beside_a_specimen_moves_neither_its_centre_nor_its_scale(
    axis: int, share: float, sigma: float, look: Callable[[Floats], Floats]
) -> None:
    tissue = specimen("phantom")
    alone = statistics_of(tissue)
    found = statistics_of(beside(tissue, vacuum_of(sigma, look), share, axis))
    assert found.scale == pytest.approx(alone.scale, rel=0.05)
    assert found.center == pytest.approx(alone.center, abs=0.05 * alone.scale)
    assert found.empty_share == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("sigma", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.8])
def test_vacuum_above_and_below_a_tilted_lamella_is_left_out(share: float, sigma: float) -> None:
    tissue = specimen("noise")
    z, _, x = np.indices(SHAPE, dtype=np.float32)
    height = np.abs(z / SHAPE[0] - 0.5 + 0.5 * (x / SHAPE[2] - 0.5))
    is_outside = height > np.quantile(height, 1 - share)
    voxels = np.where(is_outside, vacuum_of(sigma, raised)(SHAPE), tissue)
    found = statistics_of(voxels)
    assert found.scale == pytest.approx(1, rel=0.05)
    assert found.center == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_vacuum_is_left_out_of_whole_numbers_too(dtype: str, share: float) -> None:
    voxels = beside(specimen("noise"), vacuum_of(0.1, flat), share, 0)
    found = statistics_of(np.rint(7 * voxels).astype(dtype))
    assert found.scale == pytest.approx(7, rel=0.03)
    assert found.center == pytest.approx(0, abs=0.2)


def test_scale_of_whole_numbers_does_not_go_in_steps() -> None:
    noise = np.random.default_rng(0).standard_normal((20, 100, 100))
    for sigma in (3.0, 3.3, 3.6, 3.9):  # their MAD is 2 or 3: scales of 2.97 and 4.45
        voxels = np.rint(sigma * noise).astype(np.int8)
        assert statistics_of(voxels).scale == pytest.approx(sigma, rel=0.03)


@pytest.mark.parametrize("kind", ["phantom", "noise"])
def test_a_specimen_without_vacuum_is_measured_whole(kind: str) -> None:
    voxels = specimen(kind)
    found = statistics_of(voxels)
    exact = voxels.astype(np.float64)
    assert found.center == np.median(exact)
    assert found.scale == 1.4826 * np.median(np.abs(exact - np.median(exact)))
    assert found.empty_share == 0


def test_gold_is_not_taken_for_the_only_specimen() -> None:
    voxels = specimen("noise").copy()
    rng = np.random.default_rng(1)
    for z, y, x in rng.integers(4, np.array(SHAPE) - 8, (40, 3)):
        voxels[z : z + 4, y : y + 4, x : x + 4] += 50
    assert statistics_of(voxels).empty_share == 0


def test_variance_of_a_tile_is_about_its_plane() -> None:
    y, x = np.indices((8, 9)).astype(float)
    plane = 3 * y - 2 * x + 7
    np.testing.assert_allclose(tile_variance(plane, 4), np.zeros((2, 2)), atol=1e-9)
    # one voxel 15 above 16 of 0, corner (1.5, 1.5) from the middle: sum of squares about the mean
    # 15^2 - 15^2 / 16 = 210.94; along each slope 15^2 * 1.5^2 / (4 * 5) = 25.31; 16 - 3 are free
    tile = np.zeros((4, 4))
    tile[0, 0] = 15
    assert tile_variance(tile, 4)[0, 0] == pytest.approx((210.9375 - 2 * 25.3125) / 13)


def test_tile_with_voxels_that_are_not_finite_has_no_variance() -> None:
    section = np.random.default_rng(0).standard_normal((4, 8))
    section[1, 1] = np.nan
    section[2, 6] = 1e300
    assert tile_variance(section, 4).tolist() == [[0, 0]]


def test_tiles_fit_the_section() -> None:
    assert [edge_of_tiles(n, 2000) for n in (20, 94, 192, 500, 1000)] == [4, 4, 8, 16, 16]


def test_few_tiles_are_all_specimen() -> None:
    assert is_specimen(np.array([[[0.0, 1.0, 1.0]]])) is None


def test_real_tomograms_without_vacuum_keep_their_numbers(shared_data: Path) -> None:
    import mrcfile

    volumes = [mrcfile.read(shared_data / "microtubule" / "13pf_MT.mrc")]
    with np.load(shared_data / "synthetic_tomograms" / "tomograms.npz") as file:
        volumes += list(file["data"])
    for voxels in volumes:
        found = statistics_of(voxels)
        center = np.median(voxels)
        scale = 1.4826 * np.median(np.abs(voxels.astype(float) - center))
        assert found.empty_share == 0
        assert found.scale == pytest.approx(scale, rel=0.02)
        assert found.center == pytest.approx(center, abs=0.02 * scale)
