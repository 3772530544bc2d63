from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryoal.data.tomogram import Tomogram, nearest_voxel
from tests.data.samples import SPACING, write_mrc

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (10, 12, 14)


@pytest.fixture(scope="module")
def coordinates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tomogram whose voxel at z, y, x holds the number zzyyxx."""
    z, y, x = np.indices(SHAPE)
    voxels = (10_000 * z + 100 * y + x).astype(np.float32)
    return write_mrc(tmp_path_factory.mktemp("tomogram") / "TS_01.mrc", voxels)


def at(z: float, y: float, x: float) -> np.ndarray:
    return np.array([[z, y, x]]) * SPACING


def test_name_is_the_file_name_without_suffixes(tmp_path: Path, coordinates: Path) -> None:
    with Tomogram.open(coordinates) as tomogram:
        assert tomogram.name == "TS_01"
    with Tomogram.open(coordinates, name="other") as tomogram:
        assert tomogram.name == "other"


def test_voxel_at_the_position_is_the_centre_of_its_box(coordinates: Path) -> None:
    with Tomogram.open(coordinates) as tomogram:
        boxes, inside = tomogram.cut(at(5, 6, 7), 4, fill=-1)
    assert boxes.shape == (1, 4, 4, 4)
    assert boxes[0, 2, 2, 2] == 50607
    # axes are z, y, x: one step along each
    assert boxes[0, 3, 2, 2] == 60607
    assert boxes[0, 2, 3, 2] == 50707
    assert boxes[0, 2, 2, 3] == 50608
    assert boxes[0, 0, 0, 0] == 30405
    assert inside.tolist() == [1]


def test_position_halfway_goes_to_the_upper_voxel_whether_even_or_odd() -> None:
    assert nearest_voxel(np.array([0.5, 1.5, 2.5, -0.5]), 1.0).tolist() == [1, 2, 3, 0]


def test_outside_is_filled_and_counted(coordinates: Path) -> None:
    with Tomogram.open(coordinates) as tomogram:
        boxes, inside = tomogram.cut(at(0, 0, 0), 4, fill=-1)
    # centre voxel is index 2, so indices 0 and 1 are outside along each axis: 2^3 of 4^3 inside
    assert inside[0] == pytest.approx(1 / 8)
    assert (boxes[0] != -1).sum() == 8
    assert boxes[0, 2, 2, 2] == 0
    assert boxes[0, 3, 3, 3] == 10101


def test_box_of_a_faraway_position_is_all_fill(coordinates: Path) -> None:
    with Tomogram.open(coordinates) as tomogram:
        boxes, inside = tomogram.cut(at(-50, 6, 200), 4, fill=3)
    assert (boxes == 3).all()
    assert inside.tolist() == [0]


def test_fill_is_rounded_in_a_tomogram_of_whole_numbers(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "t.mrc", np.full(SHAPE, 7, np.int16))
    with Tomogram.open(path) as tomogram:
        boxes, _ = tomogram.cut(at(0, 0, 0), 4, fill=2.6)
    assert boxes.dtype == np.int16
    assert boxes[0, 0, 0, 0] == 3


@given(center=st.tuples(*(st.integers(-3, n + 2) for n in SHAPE)), half=st.integers(1, 8))
def test_box_is_the_padded_tomogram_around_the_voxel(
    coordinates: Path, center: tuple[int, int, int], half: int
) -> None:
    z, y, x = np.indices(SHAPE)
    padded = np.pad(10_000 * z + 100 * y + x, 12, constant_values=-1)
    window = tuple(slice(12 + c - half, 12 + c + half) for c in center)
    with Tomogram.open(coordinates) as tomogram:
        boxes, inside = tomogram.cut(at(*center), 2 * half, fill=-1)
    assert np.array_equal(boxes[0], padded[window])
    assert inside[0] == pytest.approx((padded[window] >= 0).mean())
