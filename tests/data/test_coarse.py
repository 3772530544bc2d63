"""Binned parts of a tomogram."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest

from cryoal.data.coarse import middle, read_coarse
from cryoal.io.volumes.open import open_volume

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, values: np.ndarray) -> Path:
    with mrcfile.new(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that are not finite
        file.set_data(values)
        file.voxel_size = 10.0
    return path


def test_coarse_voxels_are_means_whatever_the_slabs(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(-99, 99, (150, 11, 13)).astype(np.int16)
    with open_volume(write(tmp_path / "a.mrc", values)) as volume:
        found = read_coarse(volume, 3, (1, 2, 0), (150, 11, 13))
    cut = values[1:148, 2:11, 0:12].reshape(49, 3, 3, 3, 4, 3)
    np.testing.assert_allclose(found, cut.mean(axis=(1, 3, 5)), atol=1e-4)


def test_a_hole_is_filled_with_what_is_common(tmp_path: Path) -> None:
    values = np.full((4, 4, 4), 7.0, np.float32)
    values[0, 0, 0] = np.nan
    values[3, 3, 3] = np.inf
    with open_volume(write(tmp_path / "a.mrc", values)) as volume:
        assert (read_coarse(volume, 2, (0, 0, 0), (4, 4, 4)) == 7.0).all()


@pytest.mark.parametrize("shape", [(7, 900, 900), (300, 300, 300), (1, 5, 1)])
def test_the_middle_lies_in_the_middle_and_is_small_enough(shape: tuple[int, int, int]) -> None:
    start, stop = middle(shape, 1e6)
    edges = [b - a for a, b in zip(start, stop, strict=True)]
    assert np.prod(edges) <= 1e6
    assert all(abs(a - (n - b)) <= 1 for a, b, n in zip(start, stop, shape, strict=True))
    if np.prod(shape) <= 1e6:
        assert edges == list(shape)
    else:
        assert np.prod(edges) > 0.9e6
