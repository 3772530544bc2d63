"""How a box is looked at: how deep, how smooth, how grey."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.thumbnails import WINDOW, orthoslices

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LOW_PASS", "View", "low_pass", "to_grey"]

LOW_PASS = (0.0, 3.0, 4.5, 7.0)
"""The steps of the key L: resolution in voxels at which the amplitude is halved; 0 is off."""


@dataclass(frozen=True)
class View:
    """What the keys change of how a box is drawn."""

    depth: int = 0
    """Voxels off the centre, in all three slabs; positive is towards larger z, y, x."""
    resolution: float = 0.0
    """Voxels (see :data:`LOW_PASS`)."""
    is_inverted: bool = False

    def draw(self, box: NDArray[np.float32], thickness: int = 3) -> NDArray[np.uint8]:
        """Grey slabs xy, xz, yz of a box of z-scores (b, b, b); (3, b, b), 0 black."""
        middle = box.shape[0] // 2
        at = int(np.clip(middle + self.depth, 0, box.shape[0] - 1))
        smooth = low_pass(box, self.resolution)
        return to_grey(orthoslices(smooth, (at, at, at), thickness), self.is_inverted)


def to_grey(values: NDArray[np.float32], is_inverted: bool = False) -> NDArray[np.uint8]:
    """z-scores as grey, by the same window for every box: junk has to look like junk."""
    low, high = WINDOW
    grey: NDArray[np.uint8] = np.rint(255 * np.clip((values - low) / (high - low), 0, 1)).astype(
        np.uint8
    )
    return np.invert(grey) if is_inverted else grey


def low_pass(box: NDArray[np.float32], resolution: float) -> NDArray[np.float32]:
    """The box (b, b, b) smoothed by a Gaussian; `resolution` in voxels, 0 leaves it as it is.

    The amplitude of a wave of that length is halved: exp(-2 pi^2 sigma^2 / resolution^2) = 1/2. The
    border voxel goes on beyond the border.
    """
    if resolution == 0:
        return box
    sigma = resolution * math.sqrt(math.log(2) / 2) / math.pi
    reach = math.ceil(3 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    for axis in range(3):
        padded = np.pad(box, [(reach, reach) if a == axis else (0, 0) for a in range(3)], "edge")
        length = box.shape[axis]
        total = np.zeros_like(box)
        for start, weight in enumerate(weights.tolist()):
            total += np.float32(weight) * padded.take(range(start, start + length), axis=axis)
        box = total
    return box
