"""Frames with a mask each: the middle squares in memory, others when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cryoal.data.datasets.base import IGNORED, Dataset
from cryoal.data.datasets.images import ImageSource, channel_statistics, normalised
from cryoal.data.datasets.threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Frame: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.int8]]
    """Image ``(h, w, 3)`` and the class of each pixel ``(h, w)``, -1 where it does not count."""

__all__ = ["Frames", "segmentation", "square"]


class Frames(ImageSource):
    """The middle squares of frames, which are kept; any other is decoded anew.

    Parameters
    ----------
    middles
        ``(n, side, side, 3)`` uint8.
    mean, deviation
        As of :class:`~cryoal.data.datasets.images.ImageSource`.
    read
        The frame of a number.
    """

    def __init__(
        self,
        middles: NDArray[np.uint8],
        mean: NDArray[np.float64],
        deviation: NDArray[np.float64],
        read: Callable[[int], Frame],
    ) -> None:
        super().__init__(middles, mean, deviation)
        self._read = read

    def read_square(
        self, number: int, place: tuple[float, float]
    ) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """See :class:`cryoal.data.box_source.FrameSource`; may be called by many threads."""
        image, mask = self._read(number)
        side = self.images.shape[1]
        (pixels,) = normalised(square(image, side, place)[None], self.mean, self.deviation)
        return pixels, square(mask, side, place)


def square(picture: NDArray[Any], side: int, place: tuple[float, float]) -> NDArray[Any]:
    """`side` x `side` of ``(h, w)`` or ``(h, w, channels)``.

    `place` is how far down and to the right, from 0 to below 1: all offsets are as likely when it
    is uniform, and (0.5, 0.5) is the middle.
    """
    height, width = picture.shape[:2]
    top, left = int(place[0] * (height - side + 1)), int(place[1] * (width - side + 1))
    return picture[top : top + side, left : left + side]


def segmentation(
    read: Callable[[int], Frame],
    n_train: int,
    n_test: int,
    side: int,
    classes: Sequence[str],
) -> Dataset:
    """A dataset of squares; the middle ones are decoded by threads before anything is trained.

    Parameters
    ----------
    read
        The frame of a number, at least `side` x `side`; those for training first. Images of which
        no pixel counts in the middle are never asked for.

    Notes
    -----
    Images are normalised by mean and deviation of the middles of the training images. Middles are
    kept as bytes: 4 for a pixel.
    """
    n = n_train + n_test
    images = np.empty((n, side, side, 3), np.uint8)
    masks = np.empty((n, side, side), np.int8)

    def keep(number: int) -> None:
        image, mask = read(number)
        images[number], masks[number] = (square(a, side, (0.5, 0.5)) for a in (image, mask))

    in_threads(keep, n)
    counts = (masks[:n_train] != IGNORED).any(axis=(1, 2))
    return Dataset(
        Frames(images, *channel_statistics(images[:n_train]), read),
        tuple(classes),
        masks,
        np.flatnonzero(counts),
        np.arange(n_train, n),
        side,
        channels=3,
        dimensions=2,
    )
