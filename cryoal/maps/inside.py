"""Which points lie in a polygon: a lasso."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["inside"]


def inside(points: NDArray[np.floating], polygon: ArrayLike) -> NDArray[np.bool_]:
    """``(n,)``: whether each of `points`, ``(n, 2)``, is inside `polygon`, ``(m, 2)``.

    The polygon is closed by itself. Inside is what it goes around, however often (nonzero winding,
    as canvases fill it): a line drawn on beyond its beginning leaves no hole. With fewer than three
    corners nothing is.
    """
    x, y = np.asarray(points, dtype=np.float64).reshape(-1, 2).T
    corners = np.asarray(polygon, dtype=np.float64).reshape(-1, 2)
    turns = np.zeros(len(x), np.int64)
    if len(corners) < 3:
        return np.zeros(len(x), np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        crosses = (y0 > y) != (y1 > y)
        if y0 != y1:
            is_right = x < x0 + (y - y0) * (x1 - x0) / (y1 - y0)
            turns[crosses & is_right] += 1 if y1 > y0 else -1
    is_in: NDArray[np.bool_] = turns != 0
    return is_in
