from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from cryoal.data.datasets.image_folders import read_caltech101, read_imagenet
from cryoal.data.datasets.images import channel_statistics, resized_centre
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, n: int, ending: str = "jpg", size: tuple[int, int] = (300, 260)) -> None:
    folder.mkdir(parents=True)
    for number in range(1, n + 1):
        image = Image.new("RGB", size, (number * 10, 100, 50))
        image.save(folder / f"image_{number:04d}.{ending}", format="JPEG")


def caltech(folder: Path) -> Path:
    for name, n in (("anchor", 12), ("Faces", 3), ("BACKGROUND_Google", 5)):
        write(folder / "101_ObjectCategories" / name, n)
    return folder


def test_caltech_leaves_the_clutter_out_and_holds_back_a_tenth_of_each_class(
    tmp_path: Path,
) -> None:
    data = read_caltech101(caltech(tmp_path), 15, 2)
    assert data.classes == ("Faces", "anchor")
    assert np.bincount(data.targets[data.test]).tolist() == [1, 1]
    assert sorted([*data.train, *data.test]) == list(range(15))
    again = read_caltech101(tmp_path / "101_ObjectCategories", 15, 2)
    assert again.test.tolist() == data.test.tolist()
    assert again.source.keys.tolist() == data.source.keys.tolist()
    assert data.source.read_normalised(data.test).shape == (2, 3, 224, 224)


def test_a_class_folder_missing_is_said(tmp_path: Path) -> None:
    caltech(tmp_path)
    with pytest.raises(FileFormatError, match=r"expected 101 folders of classes in .*, found 2:"):
        read_caltech101(tmp_path)


def test_a_file_that_is_no_image_is_named_when_it_is_read(tmp_path: Path) -> None:
    caltech(tmp_path)
    (tmp_path / "101_ObjectCategories" / "Faces" / "image_0002.jpg").write_text("no image")
    data = read_caltech101(tmp_path, 15, 2)
    with pytest.raises(FileFormatError, match=r"expected an image in .*Faces/image_0002.jpg"):
        data.source.read_normalised(np.arange(15))


def test_imagenet_trains_on_train_and_measures_on_val(tmp_path: Path) -> None:
    for name in ("n01440764", "n01443537"):
        write(tmp_path / "train" / name, 3, "JPEG")
        write(tmp_path / "val" / name, 2, "JPEG")
    data = read_imagenet(tmp_path, 6, 4, 2)
    assert data.targets.tolist() == [0] * 3 + [1] * 3 + [0] * 2 + [1] * 2
    assert data.test.tolist() == [6, 7, 8, 9]


def test_unsorted_validation_images_are_said(tmp_path: Path) -> None:
    write(tmp_path / "train" / "n01440764", 3, "JPEG")
    write(tmp_path / "val", 2, "JPEG")
    with pytest.raises(FileFormatError, match=r"sort the validation images into a folder for each"):
        read_imagenet(tmp_path, 3, 2, 1)


def test_the_shorter_side_is_resized_and_the_middle_taken() -> None:
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 150:] = 200  # the border is in the middle of what is taken, too
    taken = resized_centre(Image.fromarray(wide), 50, 40)
    assert taken.shape == (40, 40, 3)
    assert taken[:, :18].max() == 0
    assert taken[:, 22:].min() == 200


def test_channel_statistics_are_those_of_numpy_in_any_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = np.random.default_rng(0).integers(256, size=(7, 5, 6, 3), dtype=np.uint8)
    monkeypatch.setattr("cryoal.data.datasets.images.AT_ONCE", 3)
    mean, deviation = channel_statistics(images)
    np.testing.assert_allclose(mean, (images / 255).mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(deviation, (images / 255).std(axis=(0, 1, 2)), rtol=1e-12)
