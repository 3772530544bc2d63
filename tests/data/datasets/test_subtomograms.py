from __future__ import annotations

from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest

from cryoal.data.datasets.subtomograms import read_10c_real, read_50c
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, value: float, side: int = 8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    volume = np.full((side, side, side), value, np.float32)
    volume[0, 0, 1] = value + 5  # one voxel along x
    with mrcfile.new(path) as file:
        file.set_data(volume)


def simulated(root: Path, per_class: int = 25) -> Path:
    for place, name in enumerate(("1bxn", "2byu")):
        for number in range(per_class):
            folder = root / "SNR005" / name / "subtomogram_mrc"
            write(folder / f"tomotarget{number}.mrc", 100 * place + number)
    return root


def test_the_last_of_each_class_by_number_are_for_testing(tmp_path: Path) -> None:
    data = read_50c(simulated(tmp_path), 2, 25)
    # 96 % of 25 are 24; 'tomotarget10' sorts before 'tomotarget2', but is not before it
    assert data.source.keys[data.test].tolist() == [
        "1bxn/subtomogram_mrc/tomotarget24.mrc",
        "2byu/subtomogram_mrc/tomotarget24.mrc",
    ]
    assert data.targets[data.test].tolist() == [0, 1]
    assert len(data.train) == 48
    assert data.box == 8


def test_boxes_are_normalised_by_the_constants_of_the_set(tmp_path: Path) -> None:
    data = read_50c(simulated(tmp_path), 2, 25)
    boxes = data.source.read_normalised(np.array([27, 3]))  # class 1 number 2, class 0 number 3
    assert boxes[0, 4, 4, 4] == pytest.approx((102 - 0.03) / 13.71, rel=1e-6)
    assert boxes[1, 0, 0, 1] == pytest.approx((8 - 0.03) / 13.71, rel=1e-6)


def test_a_class_with_files_missing_is_named(tmp_path: Path) -> None:
    simulated(tmp_path)
    (tmp_path / "SNR005" / "2byu" / "subtomogram_mrc" / "tomotarget7.mrc").unlink()
    with pytest.raises(FileFormatError, match=r"expected 25 files .* in .*2byu, found 24:"):
        read_50c(tmp_path, 2, 25)


def test_a_box_of_another_size_is_named_when_it_is_read(tmp_path: Path) -> None:
    simulated(tmp_path)
    file = tmp_path / "SNR005" / "2byu" / "subtomogram_mrc" / "tomotarget7.mrc"
    file.unlink()
    write(file, 0, side=6)
    data = read_50c(tmp_path, 2, 25)
    with pytest.raises(FileFormatError, match=r"expected 8\^3 voxels in .*tomotarget7.mrc, found"):
        data.source.read_normalised(data.train)


def test_a_missing_set_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"found nothing; get it from .*cryoal simulate"):
        read_50c(tmp_path / "not-there")


def test_real_boxes_have_mean_0_and_deviation_1(tmp_path: Path) -> None:
    for part, n in (("train", 4), ("test", 2)):
        for name in ("aldolase", "proteasome"):
            for number in range(n):
                write(tmp_path / part / name / f"{number}.mrc", 3 * number)
    data = read_10c_real(tmp_path, 2, 8, 4)
    seen = data.source.read_normalised(data.train)
    assert abs(seen.mean()) < 1e-6
    assert seen.std() == pytest.approx(1, abs=1e-6)
    assert data.targets[data.test].tolist() == [0, 0, 1, 1]
    assert data.classes == ("aldolase", "proteasome")
