"""Cityscapes: street scenes with the class of each pixel, the 19 classes that are evaluated.

Source: Cordts et al., 2016; https://www.cityscapes-dataset.com. Its terms forbid passing it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from cryoal.data.datasets.base import IGNORED, Dataset, need, require_count, self_contained
from cryoal.data.datasets.images import read_image
from cryoal.data.datasets.masks import segmentation
from cryoal.errors import FileFormatError
from cryoal.foreign import foreign

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["CLASSES", "cityscapes", "read_cityscapes"]

GET = "https://www.cityscapes-dataset.com (leftImg8bit_trainvaltest and gtFine_trainvaltest)"
SIDE = 688  # Sec. IV-B

# Label ids in the order of the official train ids 0 to 18; every other id does not count.
CLASSES = {
    "road": 7,
    "sidewalk": 8,
    "building": 11,
    "wall": 12,
    "fence": 13,
    "pole": 17,
    "traffic light": 19,
    "traffic sign": 20,
    "vegetation": 21,
    "terrain": 22,
    "sky": 23,
    "person": 24,
    "rider": 25,
    "car": 26,
    "truck": 27,
    "bus": 28,
    "train": 31,
    "motorcycle": 32,
    "bicycle": 33,
}
_TRAIN_ID = np.full(256, IGNORED, np.int8)
_TRAIN_ID[list(CLASSES.values())] = np.arange(len(CLASSES))


def read_cityscapes(
    path: Path, n_train: int = 2_975, n_val: int = 500, side: int = SIDE
) -> Dataset:
    """Cityscapes, training and validation: squares of `side` x `side` pixels of each frame.

    `path` holds ``leftImg8bit/<part>/<city>/<frame>_leftImg8bit.png`` and
    ``gtFine/<part>/<city>/<frame>_gtFine_labelIds.png``, 2048 x 1024 pixels each.

    Raises
    ------
    FileFormatError
        Files are missing, or an image is no image, too small, or of another size than its mask.
    """
    need(path / "gtFine", "masks of Cityscapes", GET)
    frames: list[Path] = []
    for part, count in (("train", n_train), ("val", n_val)):
        folder = need(path / "leftImg8bit" / part, "images of Cityscapes", GET)
        found = sorted(folder.glob("*/*_leftImg8bit.png"))
        require_count(len(found), count, "frames *_leftImg8bit.png", folder)
        frames += found

    def read(number: int) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
        frame = frames[number]
        stem = frame.name.removesuffix("_leftImg8bit.png")
        part, city = frame.parts[-3:-1]
        mask_path = path / "gtFine" / part / city / f"{stem}_gtFine_labelIds.png"
        image, mask = np.asarray(read_image(frame)), _label_ids(mask_path)
        if mask.shape != image.shape[:2] or min(mask.shape) < side:
            raise FileFormatError(
                f"expected at least {side} x {side} pixels, as many in image and mask, in"
                f" {mask_path}, found {mask.shape} and {image.shape[:2]}"
            )
        return image, _TRAIN_ID[mask]

    return segmentation(read, n_train, n_val, side, tuple(CLASSES))


def _label_ids(path: Path) -> NDArray[np.uint8]:
    need(path, "the mask of a frame", GET)
    with foreign(path, "an image"), Image.open(path) as image:
        if image.mode != "L":
            raise FileFormatError(f"expected one byte a pixel in {path}, found mode {image.mode}")
        return np.asarray(image)


cityscapes = self_contained(read_cityscapes)
