"""How many boxes of an audit come from each stratum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["FLOOR", "allocate"]

FLOOR = 0.25
"""A rare stratum gets at least this share of what it would get if all were equally large.

Rare predicted classes need boxes of their own, or nothing is known of their precision; but each
taken from the common ones makes a box there stand for more, and with it what a rare class may
lose there. ``benchmarks/trust/coverage.py`` measures what that costs.
"""


def allocate(n: int, sizes: Sequence[int], drawn: Sequence[int] | None = None) -> list[int]:
    """How many of `n` new boxes come from each stratum: by size, with a floor for the rare.

    Parameters
    ----------
    n
        Boxes to draw; more than there are draws all.
    sizes
        Boxes of each stratum, those that were drawn before among them.
    drawn
        How many were drawn before; the new ones bring old and new together as near as can be to
        what a single draw would have been.

    Examples
    --------
    >>> allocate(60, [40, 80, 880])
    [5, 5, 50]
    >>> allocate(60, [40, 80, 880], drawn=[5, 5, 50])
    [5, 5, 50]
    >>> allocate(9, [2, 100, 0])
    [1, 8, 0]
    """
    size = np.asarray(sizes, dtype=np.float64)
    had = np.zeros(len(size)) if drawn is None else np.asarray(drawn, dtype=np.float64)
    n = int(min(n, (size - had).sum()))
    wanted = _shares(n + had.sum(), size)
    new = np.floor(np.maximum(wanted - had, 0.0)).astype(np.int64)
    if new.sum() > n:  # an earlier draw took more than its share elsewhere
        new[:] = 0
    for _ in range(n - int(new.sum())):  # to where most is lacking; the first of equals
        lacking = np.where(had + new < size, wanted - had - new, -np.inf)
        new[int(np.argmax(lacking))] += 1
    return [int(count) for count in new]


def _shares(n: float, size: NDArray[np.float64]) -> NDArray[np.float64]:
    """The draws of each stratum that `n` in all should have; need not be whole numbers."""
    is_there = size > 0
    if not is_there.any():
        return np.zeros(len(size))
    floor = np.where(is_there, np.minimum(size, FLOOR * n / is_there.sum()), 0.0)
    out = floor.copy()
    # What is left goes by size to those above their floor, and none gets more than it has.
    low, high = 0.0, n / size[is_there].min() + 1
    for _ in range(50):
        middle = (low + high) / 2
        out = np.minimum(np.maximum(middle * size, floor), size)
        low, high = (middle, high) if out.sum() < n else (low, middle)
    return out
