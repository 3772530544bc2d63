"""Many points as an image: a picture of 100,000 is made anew while the mouse moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Colouring", "Frame", "argb", "nearest", "paint_points"]

INK = 0.07  # share of the picture that its points may fill when they do not overlap
SMALLEST, LARGEST = 2, 9  # pixels across


def argb(colour: str) -> int:
    """``#rrggbb`` as an opaque pixel.

    Examples
    --------
    >>> hex(argb("#0072b2"))
    '0xff0072b2'
    """
    return 0xFF000000 | int(colour.removeprefix("#"), 16)


@dataclass(frozen=True)
class Colouring:
    """How each point looks."""

    colour: NDArray[np.uint32]
    """``(n,)`` opaque pixels."""
    kind: NDArray[np.int16]
    """``(n,)``: which of the entries of the legend; -1 for points that stay behind the others."""
    names: tuple[str, ...] = field(default=())
    """Of the entries of the legend."""


@dataclass(frozen=True)
class Frame:
    """Which part of the unit square is on show: ``pixel = (xy - origin) * scale``."""

    x: float
    y: float
    scale: float
    """Pixels to one."""

    @classmethod
    def around(cls, width: int, height: int, margin: int = 14) -> Frame:
        """The whole square, in the middle."""
        scale = max(min(width, height) - 2 * margin, 1)
        return cls(0.5 - width / 2 / scale, 0.5 - height / 2 / scale, scale)

    def pixels(self, xy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where points ``(n, 2)`` lie on the screen."""
        shift = np.array([self.x, self.y], np.float32)
        return np.asarray((xy - shift) * np.float32(self.scale), np.float32)

    def zoomed(self, factor: float, at: tuple[float, float]) -> Frame:
        """Larger by `factor`; what is under the pixel `at` stays there."""
        scale = min(max(self.scale * factor, 20.0), 1e6)
        x, y = at
        return Frame(
            self.x + x / self.scale - x / scale, self.y + y / self.scale - y / scale, scale
        )

    def moved(self, dx: float, dy: float) -> Frame:
        """As if the paper had been dragged by so many pixels."""
        return Frame(self.x - dx / self.scale, self.y - dy / self.scale, self.scale)


def paint_points(
    pixels: NDArray[np.float32], colouring: Colouring, width: int, height: int, ground: int
) -> NDArray[np.uint32]:
    """A picture ``(height, width)``; points of a kind lie over those of none.

    The more points there are in it, the smaller they are drawn.
    """
    inside = np.flatnonzero(
        (pixels[:, 0] >= 0) & (pixels[:, 0] < width) & (pixels[:, 1] >= 0) & (pixels[:, 1] < height)
    )
    size = _size(len(inside), width * height)
    pad = size  # so that no stamp reaches beyond the picture
    wide = width + 2 * pad
    picture = np.full((height + 2 * pad) * wide, ground, np.uint32)
    behind = colouring.kind[inside] < 0
    for group in (inside[behind], inside[~behind]):
        x, y = pixels[group].astype(np.int64).T
        place = (y + pad) * wide + x + pad
        colour = colouring.colour[group]
        for dy, dx in _disc(size):
            picture[place + dy * wide + dx] = colour
    return np.ascontiguousarray(picture.reshape(-1, wide)[pad : pad + height, pad : pad + width])


def nearest(pixels: NDArray[np.float32], at: Sequence[float], reach: float) -> int | None:
    """The point that is nearest to a pixel, where one is within `reach`."""
    if not len(pixels):
        return None
    offset = pixels - np.asarray(at, np.float32)
    squared = (offset * offset).sum(axis=1)
    best = int(np.argmin(squared))
    return best if squared[best] <= reach * reach else None


def _size(n: int, area: int) -> int:
    return int(min(max(round((INK * area / max(n, 1)) ** 0.5), SMALLEST), LARGEST))


def _disc(size: int) -> list[tuple[int, int]]:
    """Offsets of the pixels of a disc so many pixels across, the middle last."""
    low = -(size // 2)
    middle = (size - 1) / 2
    spots = [
        (y + low, x + low)
        for y in range(size)
        for x in range(size)
        if (y - middle) ** 2 + (x - middle) ** 2 <= (size / 2) ** 2
    ]
    return sorted(spots, key=lambda spot: -(spot[0] ** 2 + spot[1] ** 2))
