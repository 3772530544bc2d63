"""Exact intervals of one share or one total, from what a random draw found."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["LEVEL", "clopper_pearson", "hypergeometric", "wilson"]

LEVEL = 0.95
"""Of a hundred intervals that are told, as many hold the truth, at least."""


def wilson(hits: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share, `hits` of `n` (Wilson, 1927).

    Examples
    --------
    >>> low, high = wilson(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    z = 1.959964
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def clopper_pearson(
    hits: ArrayLike, n: ArrayLike, level: float = LEVEL
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact interval of a share, `hits` of `n` with replacement (Clopper and Pearson, 1934).

    Both may be arrays, and need not be whole numbers. Of no box nothing is known: 0 to 1.

    Examples
    --------
    >>> low, high = clopper_pearson(9, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.555, 0.9975)
    """
    from scipy.special import betaincinv

    hits, n = np.broadcast_arrays(np.asarray(hits, float), np.asarray(n, float))
    miss, tail = n - hits, (1 - level) / 2
    # A parameter of 0 is a Beta distribution that sits at 0 or at 1; the library says nan there.
    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1e-9), miss + 1, tail), 0.0)
    high = np.where(miss > 0, betaincinv(hits + 1, np.maximum(miss, 1e-9), 1 - tail), 1.0)
    return low, high


def hypergeometric(
    hits: ArrayLike, n: ArrayLike, size: ArrayLike, level: float = LEVEL
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Exact interval of how many of `size` boxes are hits, after `hits` of `n` drawn from them.

    Drawn without replacement, so a draw of all boxes leaves no doubt. Every total under which
    neither `hits` or more nor `hits` or fewer has a chance of less than half of 1 - `level`
    (both tails inverted: Chung and DeLury, 1950).

    Parameters
    ----------
    hits, n, size
        Whole numbers, 0 <= `hits` <= `n` <= `size`; arrays are taken one by one.

    Returns
    -------
    ndarray, ndarray
        Smallest and largest total, both included.

    Examples
    --------
    Of 10 boxes 5 were drawn, and all of them were hits. Were only 7 of the 10 hits, 5 hits of 5 had
    a chance of C(7, 5) / C(10, 5) = 21 / 252 = 0.08; with 6 it is 6 / 252 = 0.024 < 0.025.

    >>> low, high = hypergeometric(5, 5, 10)
    >>> int(low), int(high)
    (7, 10)
    """
    hits, n, size = np.broadcast_arrays(*(np.asarray(x, np.int64) for x in (hits, n, size)))
    shape = hits.shape
    hits, n, size = (np.ravel(x) for x in (hits, n, size))
    tail = (1 - level) / 2
    high = _largest(hits, n, size, tail)
    low = size - _largest(n - hits, n, size, tail)
    return low.reshape(shape), high.reshape(shape)


def _largest(
    hits: NDArray[np.int64], n: NDArray[np.int64], size: NDArray[np.int64], tail: float
) -> NDArray[np.int64]:
    """The largest total of which `hits` or fewer has a chance of more than `tail`."""
    below, above = hits.copy(), size - n + hits + 1  # possible; first that is impossible
    while True:
        open_ = np.flatnonzero(above - below > 1)
        if not len(open_):
            return below
        middle = (below[open_] + above[open_]) // 2
        chance = _at_most(hits[open_], n[open_], size[open_], middle)
        is_possible = chance > tail
        below[open_[is_possible]] = middle[is_possible]
        above[open_[~is_possible]] = middle[~is_possible]


@lru_cache(maxsize=2)
def _log_factorials(n: int) -> NDArray[np.float64]:
    """Logarithms of 0! to n!; looked up, because one interval takes thousands of them."""
    from scipy.special import gammaln

    out: NDArray[np.float64] = gammaln(np.arange(n + 1) + 1.0)
    return out


def _at_most(
    hits: NDArray[np.int64], n: NDArray[np.int64], size: NDArray[np.int64], total: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The chance of `hits` or fewer among `n` drawn of `size` boxes with `total` hits."""
    log_factorial = _log_factorials(1 << int(size.max(initial=1)).bit_length())
    # The shorter of both tails is summed: misses of the other kind where hits are many.
    flip = 2 * hits > n
    upto = np.where(flip, n - hits - 1, hits)  # misses beyond these are what is not wanted
    total = np.where(flip, size - total, total)
    i = np.arange(int(upto.max(initial=0)) + 1)  # (terms,)
    n, size, total = n[:, None], size[:, None], total[:, None]
    can = (i <= upto[:, None]) & (i <= total) & (n - i <= size - total) & (i <= n)
    j = np.where(can, i, np.maximum(0, n - size + total))  # a term that exists, then left out

    def log_choose(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
        out: NDArray[np.float64] = log_factorial[a] - log_factorial[b] - log_factorial[a - b]
        return out

    logs = log_choose(total, j) + log_choose(size - total, n - j) - log_choose(size, n)
    chance: NDArray[np.float64] = np.where(can, np.exp(logs), 0.0).sum(axis=1)
    return np.where(flip, 1 - chance, chance)
