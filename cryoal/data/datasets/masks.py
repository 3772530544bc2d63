"""Images with a mask each, cut to squares and kept in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.datasets.base import IGNORED, Dataset
from cryoal.data.datasets.images import ImageSource, channel_statistics
from cryoal.data.datasets.threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["centre", "segmentation"]


def centre(picture: NDArray[Any], side: int) -> NDArray[Any]:
    """The middle `side` x `side` of ``(h, w)`` or ``(h, w, channels)``."""
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    return picture[top : top + side, left : left + side]


def segmentation(
    read: Callable[[int], tuple[NDArray[np.uint8], NDArray[np.int8]]],
    n_train: int,
    n_test: int,
    side: int,
    classes: Sequence[str],
) -> Dataset:
    """A dataset of squares, decoded and cut by threads before anything is trained.

    Parameters
    ----------
    read
        Image ``(side, side, 3)`` and mask ``(side, side)`` of a number; those for training first.
        -1 in a mask is a pixel that does not count. Images of which none does are never asked for.

    Notes
    -----
    They are normalised by mean and deviation of the training images. Kept as bytes: 4 for a pixel.
    """
    n = n_train + n_test
    images = np.empty((n, side, side, 3), np.uint8)
    masks = np.empty((n, side, side), np.int8)

    def keep(number: int) -> None:
        images[number], masks[number] = read(number)

    in_threads(keep, n)
    counts = (masks[:n_train] != IGNORED).any(axis=(1, 2))
    return Dataset(
        ImageSource(images, *channel_statistics(images[:n_train])),
        tuple(classes),
        masks,
        np.flatnonzero(counts),
        np.arange(n_train, n),
        side,
        channels=3,
        dimensions=2,
    )
