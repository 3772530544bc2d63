"""Which points lie in a polygon: a lasso."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["inside"]


def inside(points: NDArray[np.floating], polygon: ArrayLike) -> NDArray[np.bool_]:
    """``(n,)``: whether each of `points`, ``(n, 2)``, is inside `polygon`, ``(m, 2)``.

    The polygon is closed by itself. Where it crosses itself a point is inside after an odd number
    of crossings (even-odd rule, as canvases and napari have it). With fewer than three corners
    nothing is.
    """
    x, y = np.asarray(points, dtype=np.float64).reshape(-1, 2).T
    corners = np.asarray(polygon, dtype=np.float64).reshape(-1, 2)
    is_in = np.zeros(len(x), np.bool_)
    if len(corners) < 3:
        return is_in
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        crosses = (y0 > y) != (y1 > y)
        if y0 != y1:
            is_in ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return is_in
