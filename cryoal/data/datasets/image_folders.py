"""Caltech-101 and ImageNet: a folder of JPEG files for each class, decoded when they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.data.datasets.base import Dataset, need, require_count, self_contained
from cryoal.data.datasets.images import ImageFiles
from cryoal.errors import FileFormatError
from cryoal.seeds import stream

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["caltech101", "imagenet", "read_caltech101", "read_imagenet"]

GET_CALTECH = "https://data.caltech.edu/records/mzrjq-6wc02"
GET_IMAGENET = "https://www.image-net.org (ILSVRC 2012; sort its validation images by class)"
RESIZE, SIDE = 256, 224
MEAN = np.array([0.485, 0.456, 0.406])  # of ImageNet, which public code takes for both
DEVIATION = np.array([0.229, 0.224, 0.225])
TEST_SHARE = 0.1
CLUTTER = "BACKGROUND_Google"


def read_caltech101(path: Path, n_images: int = 8_677, n_classes: int = 101) -> Dataset:
    """Caltech-101 in ``101_ObjectCategories``, or a folder that holds it.

    The folder of clutter is left out, which leaves the paper's 8,677 images. The set has no test
    part of its own: a tenth of each class is drawn, the same ones always, at least one.

    Raises
    ------
    FileFormatError
        The folder is missing, or classes or images are.
    """
    need(path, "the folder of Caltech-101", GET_CALTECH)
    inside = path / "101_ObjectCategories"
    folder = inside if inside.is_dir() else path
    names = [name for name in _folders(folder) if name != CLUTTER]
    require_count(len(names), n_classes, "folders of classes", folder)
    files = [_jpegs(folder / name) for name in names]
    require_count(sum(map(len, files)), n_images, "JPEG files", folder)
    targets = np.repeat(np.arange(len(names)), [len(found) for found in files])
    is_test = np.zeros(len(targets), bool)
    for number in range(len(names)):
        places = stream(0, "caltech101 test", number).permutation(np.flatnonzero(targets == number))
        is_test[places[: max(1, round(TEST_SHARE * len(places)))]] = True
    return _dataset([path for found in files for path in found], folder, names, targets, is_test)


def read_imagenet(
    path: Path, n_train: int = 1_281_167, n_val: int = 50_000, n_classes: int = 1_000
) -> Dataset:
    """ImageNet (ILSVRC 2012) in ``train/<class>/*.JPEG`` and ``val/<class>/*.JPEG``.

    The validation images, which come in one folder, must have been sorted by class, as is custom.

    Raises
    ------
    FileFormatError
        A folder is missing, classes of the two differ, or images are missing.
    """
    names = _folders(need(path / "train", "training images of ImageNet", GET_IMAGENET))
    tested = _folders(need(path / "val", "validation images of ImageNet", GET_IMAGENET))
    require_count(len(names), n_classes, "folders of classes", path / "train")
    if tested != names:
        raise FileFormatError(
            f"expected the folders of {path / 'train'} in {path / 'val'}, found {len(tested)}"
            " others: sort the validation images into a folder for each class"
        )
    files, targets, is_test = [], [], []
    for part, count in (("train", n_train), ("val", n_val)):
        by_class = [_jpegs(path / part / name) for name in names]
        require_count(sum(map(len, by_class)), count, "JPEG files", path / part)
        for number, found in enumerate(by_class):
            files += found
            targets += [number] * len(found)
            is_test += [part == "val"] * len(found)
    return _dataset(files, path, names, np.array(targets), np.array(is_test))


def _folders(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir() if entry.is_dir())


def _jpegs(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg"))


def _dataset(
    files: list[Path],
    root: Path,
    names: list[str],
    targets: np.ndarray[tuple[int], np.dtype[np.int64]],
    is_test: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> Dataset:
    keys = [file.relative_to(root).as_posix() for file in files]
    return Dataset(
        ImageFiles(files, keys, RESIZE, SIDE, MEAN, DEVIATION),
        tuple(names),
        targets,
        np.flatnonzero(~is_test),
        np.flatnonzero(is_test),
        SIDE,
        channels=3,
        dimensions=2,
    )


caltech101 = self_contained(read_caltech101)
imagenet = self_contained(read_imagenet)
