"""Images as a source: those in memory, and files that are decoded when they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from cryoal.data.datasets.threads import in_threads
from cryoal.errors import FileFormatError
from cryoal.foreign import foreign

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = [
    "ImageFiles",
    "ImageSource",
    "channel_statistics",
    "normalised",
    "read_image",
    "resized_centre",
]

MOST_PIXELS = 1 << 27  # of an image whose shorter side was brought to size
AT_ONCE = 512  # images whose sums are taken together: 300 MB of float32 at 224 x 224


class ImageSource:
    """Images in memory, normalised as they are read.

    Parameters
    ----------
    images
        ``(n, h, w, channels)`` uint8.
    mean, deviation
        ``(channels,)``, taken off and divided by, in units of 255.
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        mean: NDArray[np.float64],
        deviation: NDArray[np.float64],
    ) -> None:
        self.images = images
        self.channels = images.shape[3]
        self.mean, self.deviation = mean.astype(np.float32), deviation.astype(np.float32)
        self.keys = np.array([f"image/{number:07d}" for number in range(len(images))], object)

    def __len__(self) -> int:
        return len(self.images)

    def read_normalised(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """``(m, channels, h, w)`` float32."""
        return normalised(self.images[index], self.mean, self.deviation)


class ImageFiles:
    """Files of images, decoded by threads when they are read: for sets that no memory holds.

    Parameters
    ----------
    paths, keys
        The files, and what they are called: names that do not depend on where the folder is.
    resize, side
        The shorter side becomes `resize` pixels, then the middle `side` x `side` are taken.
    mean, deviation
        ``(3,)``, taken off and divided by, in units of 255.
    """

    channels = 3

    def __init__(
        self,
        paths: Sequence[Path],
        keys: Sequence[str],
        resize: int,
        side: int,
        mean: NDArray[np.float64],
        deviation: NDArray[np.float64],
    ) -> None:
        self.paths, self.resize, self.side = list(paths), resize, side
        self.keys = np.array(keys, object)
        self.mean, self.deviation = mean.astype(np.float32), deviation.astype(np.float32)

    def __len__(self) -> int:
        return len(self.paths)

    def read_normalised(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """``(m, 3, side, side)`` float32.

        Raises
        ------
        FileFormatError
            A file is no image.
        """
        images = np.empty((len(index), self.side, self.side, 3), np.uint8)

        def read(place: int) -> None:
            image = read_image(self.paths[index[place]])
            images[place] = resized_centre(image, self.resize, self.side)

        in_threads(read, len(index))
        return normalised(images, self.mean, self.deviation)


def read_image(path: Path) -> Image.Image:
    """The image in a file, as red, green and blue.

    Raises
    ------
    FileFormatError
        It is none, or damaged.
    """
    with foreign(path, "an image"), Image.open(path) as image:
        return image.convert("RGB")


def resized_centre(image: Image.Image, resize: int, side: int) -> NDArray[np.uint8]:
    """``(side, side, 3)``: the middle, after the shorter side was brought to `resize` pixels."""
    scale = resize / min(image.size)
    width, height = (round(length * scale) for length in image.size)
    if width * height > MOST_PIXELS:
        raise FileFormatError(
            f"expected images that are not so narrow, found {image.width} x {image.height} pixels"
        )
    left, top = (width - side) // 2, (height - side) // 2
    small = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(small.crop((left, top, left + side, top + side)))


def channel_statistics(
    images: NDArray[np.uint8],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation of each channel of ``(n, h, w, channels)``, in units of 255.

    Sums of whole numbers, so that they do not depend on how many images are taken together.
    """
    total, squares = 0, 0
    for start in range(0, len(images), AT_ONCE):
        part = images[start : start + AT_ONCE].reshape(-1, images.shape[3]).astype(np.uint64)
        total, squares = total + part.sum(axis=0), squares + (part**2).sum(axis=0)
    n = images[..., 0].size
    mean = np.asarray(total, np.float64) / n
    variance = np.asarray(squares, np.float64) / n - mean**2
    return mean / 255, np.sqrt(variance) / 255


def normalised(
    images: NDArray[np.uint8], mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> NDArray[np.float32]:
    """``(m, h, w, channels)`` as ``(m, channels, h, w)``, less `mean`, over `deviation`."""
    values = (images.astype(np.float32) / 255 - mean) / deviation
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2))
