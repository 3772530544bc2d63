"""Whether two shares differ beyond chance."""

from __future__ import annotations

from math import comb

__all__ = ["fisher"]


def fisher(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """Fisher's exact two-sided p value that `hits` of `n` and `other_hits` of `other_n` are alike.

    The sum of the chances of all tables with these margins that are no likelier than this one.

    Examples
    --------
    >>> round(fisher(8, 10, 1, 6), 4)  # 9 hits in all; tables with 8, 3 and 9 of the 10
    0.035
    """
    total, all_hits = n + other_n, hits + other_hits
    ways = {
        k: comb(n, k) * comb(other_n, all_hits - k)
        for k in range(max(0, all_hits - other_n), min(n, all_hits) + 1)
    }
    as_unlikely = sum(w for w in ways.values() if w <= ways[hits])
    return as_unlikely / comb(total, all_hits)
