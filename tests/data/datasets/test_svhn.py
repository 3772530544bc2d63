from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.io import savemat

from cryoal.data.datasets.svhn import read_svhn
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

DIGITS = np.array([[10], [1], [9]], np.uint8)


def write(folder: Path, digits: np.ndarray[tuple[int, int], np.dtype[np.uint8]] = DIGITS) -> None:
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        images = rng.integers(256, size=(32, 32, 3, 3), dtype=np.uint8)
        savemat(folder / f"{part}_32x32.mat", {"X": images, "y": digits}, do_compression=True)


def test_ten_is_the_digit_zero_and_images_are_turned_round(tmp_path: Path) -> None:
    write(tmp_path)
    data = read_svhn(tmp_path, 3, 3)
    assert data.targets.tolist() == [0, 1, 9] * 2
    assert data.classes[9] == "9"
    rng = np.random.default_rng(0)
    first = rng.integers(256, size=(32, 32, 3, 3), dtype=np.uint8)
    np.testing.assert_array_equal(data.source.images[1], first[..., 1])  # type: ignore[attr-defined]


def test_training_images_have_mean_0_and_deviation_1(tmp_path: Path) -> None:
    write(tmp_path)
    data = read_svhn(tmp_path, 3, 3)
    seen = data.source.read_normalised(data.train)
    np.testing.assert_allclose(seen.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(seen.std(axis=(0, 2, 3)), 1, atol=1e-5)


def test_a_digit_0_in_the_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, np.array([[0], [1], [2]], np.uint8))
    with pytest.raises(
        FileFormatError, match=r"expected digits 1 to 10 \(10 is 0\) in .*, found 0"
    ):
        read_svhn(tmp_path, 3, 3)


def test_another_shape_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    savemat(tmp_path / "test_32x32.mat", {"X": np.zeros((3, 32, 32, 3), np.uint8), "y": DIGITS})
    with pytest.raises(FileFormatError, match=r"expected X \(32, 32, 3, n\) uint8 in .*test_32x32"):
        read_svhn(tmp_path, 3, 3)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "train_32x32.mat").write_text("<html>not found</html>" * 20)
    with pytest.raises(FileFormatError, match=r"expected a MATLAB 5 file in .*train_32x32.mat"):
        read_svhn(tmp_path, 3, 3)


@pytest.mark.parametrize("wrong", [1.5, float("nan"), float("inf"), -1.0])
def test_what_is_no_digit_is_refused(tmp_path: Path, wrong: float) -> None:
    write(tmp_path, np.array([[10], [1], [wrong]]))
    with pytest.raises(FileFormatError, match=rf"expected digits 1 to 10 .*, found {wrong}"):
        read_svhn(tmp_path, 3, 3)
