"""How many boxes of an audit come from each stratum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    had = [0] * len(sizes) if drawn is None else list(drawn)
    n = min(n, sum(sizes) - sum(had))
    wanted = _shares(n + sum(had), sizes)
    new = [max(0, math.floor(w - h)) for w, h in zip(wanted, had, strict=True)]
    if sum(new) > n:  # an earlier draw took more than its share elsewhere
        new = [0] * len(sizes)
    for _ in range(n - sum(new)):  # to where most is lacking; the first of equals
        lacking = [
            w - h - more if h + more < size else -math.inf
            for w, h, more, size in zip(wanted, had, new, sizes, strict=True)
        ]
        new[lacking.index(max(lacking))] += 1
    return new


def _shares(n: int, sizes: Sequence[int]) -> list[float]:
    """The draws of each stratum that `n` in all should have; need not be whole numbers."""
    there = [size for size in sizes if size]
    if not there:
        return [0.0] * len(sizes)
    floor = FLOOR * n / len(there)
    # By size to all above their floor, of whom none gets more than it has.
    low, high, out = 0.0, n / min(there) + 1, [0.0] * len(sizes)
    for _ in range(50):
        middle = (low + high) / 2
        out = [min(max(middle * size, floor), size) for size in sizes]
        low, high = (middle, high) if sum(out) < n else (low, middle)
    return out
