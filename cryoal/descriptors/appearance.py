"""How a box looks, told without any training: boxes of one kind are near each other."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["appearance"]

MOST_CHANNELS = 4  # a box has sides of 8 at least, so its second axis is never as short
CELLS = 4  # along each side of an image
DIRECTIONS = 8  # of gradients, over half a turn


def appearance(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """What can be told of each box by formula: shells of a volume, cells of an image.

    A volume: mean and standard deviation in shells about the centre voxel ``side // 2``, one voxel
    thick and with whole shells only. No turn about the centre changes them but for the grid. Each
    number is multiplied by the square root of how many voxels it is of (of twice as many for the
    standard deviation), so that noise of variance 1 scatters all of them by about 1, and the
    distance between two rows of means is that between the two spherically averaged boxes.

    An image: the mean colour of each cell of a 4 x 4 grid, and the magnitude of its gradients in 8
    directions over half a turn, summed over the channels and scaled to length 4 for an image.

    Parameters
    ----------
    boxes
        Volumes ``(n, d, h, w)`` or images ``(n, c, h, w)`` of up to 4 channels, normalised.

    Returns
    -------
    ndarray
        ``(n, features)`` float32. Row i depends on box i alone, to the last bit.

    Raises
    ------
    ValueError
        Not four axes, or sides of less than 4.

    Notes
    -----
    On phantoms of ring, rod and empty ice, k-means finds more than 95 % of the classes in these
    rows, and less than 90 % in the voxels. Power spectra were tried beside the shells and left out:
    clusters were as pure without.
    """
    if boxes.ndim != 4 or min(boxes.shape[2:]) < 4:
        raise ValueError(
            "expected boxes (n, d, h, w) or images (n, c, h, w) with sides of 4 at least,"
            f" found shape {boxes.shape}"
        )
    of_one = _image if boxes.shape[1] <= MOST_CHANNELS else _volume
    if not len(boxes):
        boxes = np.zeros((1, *boxes.shape[1:]), dtype=np.float32)
        return of_one(boxes[0])[None][:0]
    return np.stack([of_one(box) for box in boxes])


def _volume(box: NDArray[np.float32]) -> NDArray[np.float32]:
    number, count = _shells(box.shape)
    voxels = box.ravel().astype(np.float64)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(number, values, len(count) + 1)[:-1] / count

    means = mean(voxels)
    deviations = np.sqrt(mean((voxels - np.append(means, 0.0)[number]) ** 2))
    row = np.concatenate([means * np.sqrt(count), deviations * np.sqrt(2.0 * count)])
    return row.astype(np.float32)


@lru_cache(maxsize=8)
def _shells(shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Shell of each voxel, the last for all that are in no whole one; voxels in each whole one."""
    z, y, x = np.ogrid[tuple(slice(-(side // 2), side - side // 2) for side in shape)]
    whole = min((side - 1) // 2 for side in shape) + 1
    distance = np.rint(np.sqrt(z * z + y * y + x * x)).astype(np.int64)
    number = np.minimum(distance, whole).ravel()
    return number, np.bincount(number, minlength=whole + 1)[:whole].astype(np.float64)


def _image(image: NDArray[np.float32]) -> NDArray[np.float32]:
    channels, height, width = image.shape
    values = image.astype(np.float64)
    cell, count = _cells((height, width))
    n_cells = len(count)
    colours = [np.bincount(cell, each.ravel(), n_cells) / count for each in values]
    down, right = np.gradient(values, axis=(1, 2))
    strength = np.hypot(down, right).ravel()
    angle = np.arctan2(down, right) % np.pi  # a bright edge and a dark one are the same
    bin_ = np.minimum((angle * (DIRECTIONS / np.pi)).astype(np.int64), DIRECTIONS - 1).ravel()
    place = np.tile(cell, channels) * DIRECTIONS + bin_
    directions = np.bincount(place, strength, n_cells * DIRECTIONS)
    length = np.sqrt((directions**2).sum())
    if length > 0:
        directions = directions * (CELLS / length)
    return np.concatenate([*colours, directions]).astype(np.float32)


@lru_cache(maxsize=8)
def _cells(sides: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cell of each pixel, and pixels in each cell; cells differ by one pixel a side at most."""
    rows, columns = (np.arange(side) * CELLS // side for side in sides)
    cell = (rows[:, None] * CELLS + columns).ravel()
    return cell, np.bincount(cell, minlength=CELLS**2).astype(np.float64)
