from __future__ import annotations

import numpy as np
import pytest

from cryoal.data.normalise import BOUND, is_beyond, normalise


def one(voxels: object, center: float, factor: float, dtype: str = "float32") -> list[float]:
    boxes = np.array([voxels], dtype)
    return normalise(boxes, np.array([center]), np.array([factor]))[0].tolist()


def test_each_box_has_its_own_centre_and_sign() -> None:
    boxes = np.array([[10, 14], [10, 14]], np.int16)
    found = normalise(boxes, np.array([10.0, 12.0]), np.array([0.5, -0.25]))
    assert found.dtype == np.float32
    assert found.tolist() == [[0, 2], [0.5, -0.5]]


def test_boxes_within_the_bound_keep_every_bit() -> None:
    boxes = np.random.default_rng(0).normal(50, 10, (4, 8, 8, 8)).astype(np.float32)
    center, factor = np.full(4, 50.1), np.full(4, 1 / 9.7)
    plain = (boxes - np.float32(50.1)) * np.float32(1 / 9.7)
    assert np.array_equal(normalise(boxes.copy(), center, factor), plain)


def test_what_lies_beyond_the_bound_is_taken_for_it() -> None:
    assert one([3e38, -3e38, 1e6, 9.5], 0.0, 1.0) == [BOUND, -BOUND, BOUND, 9.5]
    assert one([3e38, -3e38], 0.0, -100.0) == [-BOUND, BOUND]  # infinite in float32 on the way
    assert one([1e300, -1e300, 1.0], 0.0, 1.0, "float64") == [BOUND, -BOUND, 1.0]


@pytest.mark.parametrize(
    ("center", "scale"), [(1e35, 1e34), (1e-40, 1e-41), (1e300, 1e299), (0.0, 1e-300)]
)
def test_tomograms_of_very_large_or_small_numbers_are_finite(center: float, scale: float) -> None:
    dtype = "float32" if scale in (1e34, 1e-41) else "float64"
    voxels = [center, center + 2 * scale]
    if dtype == "float64" and center == 1e300:
        dtype = "float64"
    assert one(voxels, center, 1 / scale, dtype) == pytest.approx([0, 2], abs=1e-3)


@pytest.mark.parametrize("dtype", ["int8", "int16", "float16", "float32"])
def test_those_beyond_are_told_in_any_dtype(dtype: str) -> None:
    voxels = np.array([100, 99, -100, 0], dtype)
    assert is_beyond(voxels, 0.5, 9.9).tolist() == [True, False, True, False]  # 0.5 +- 99
    assert not is_beyond(voxels, 0.0, 1e6).any()
