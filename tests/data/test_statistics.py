from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.data.statistics import robust_statistics
from cryoal.errors import TomogramError
from cryoal.io.volumes.open import open_volume
from tests.data.samples import noise, write_mrc

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.data.statistics import Statistics


def statistics_of(path: Path, voxels: np.ndarray, max_sample: int = 1 << 22) -> Statistics:
    with open_volume(write_mrc(path / "t.mrc", voxels)) as volume:
        return robust_statistics(volume, max_sample)


def test_small_tomogram_gives_median_and_scaled_mad_of_every_voxel(tmp_path: Path) -> None:
    # 1 .. 9: median 5, absolute deviations 4 3 2 1 0 1 2 3 4, median 2, times 1.4826
    voxels = np.arange(1, 10, dtype=np.float32).reshape(3, 3, 1)
    found = statistics_of(tmp_path, voxels)
    assert found.center == 5
    assert found.scale == pytest.approx(2 * 1.4826)


def test_bright_outliers_hardly_move_it(tmp_path: Path) -> None:
    voxels = noise((20, 30, 40))
    voxels[:, :, :2] = 1e6  # gold
    found = statistics_of(tmp_path, voxels)
    assert found.center == pytest.approx(50, abs=1.5)
    assert found.scale == pytest.approx(10, rel=0.15)


def test_sample_of_a_large_tomogram_agrees_with_the_whole_and_repeats(tmp_path: Path) -> None:
    voxels = noise((100, 64, 64))
    whole = statistics_of(tmp_path, voxels)
    (tmp_path / "t.mrc").unlink()
    sample = statistics_of(tmp_path, voxels, max_sample=40_000)
    # standard error of a median is 1.25 sigma / sqrt(n): 0.06 here; 5 of them
    assert sample.center == pytest.approx(whole.center, abs=0.31)
    assert sample.scale == pytest.approx(whole.scale, rel=0.05)
    (tmp_path / "t.mrc").unlink()
    assert statistics_of(tmp_path, voxels, max_sample=40_000) == sample


def test_wide_padding_and_voxels_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    voxels = noise((20, 30, 40))
    voxels[:12] = 0  # 60 % padding: median 0, MAD 0
    voxels[13, 0, 0] = np.nan
    with pytest.warns(RuntimeWarning):  # mrcfile's, of the NaN it writes
        found = statistics_of(tmp_path, voxels)
    assert found.center == pytest.approx(50, abs=1)
    assert found.scale == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize("values", [[7], [0, 1]], ids=["constant", "mask"])
def test_tomogram_without_scatter_is_refused(tmp_path: Path, values: list[int]) -> None:
    voxels = np.zeros((8, 8, 8), np.float32)
    voxels[:] = values[0]
    if len(values) > 1:
        voxels[:2] = values[1]
    with pytest.raises(TomogramError, match="expected voxels that scatter, found mostly"):
        statistics_of(tmp_path, voxels)
