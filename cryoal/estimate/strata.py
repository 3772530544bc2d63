"""How many boxes are hits, after draws from several strata."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cryoal.estimate.intervals import LEVEL, hypergeometric
from cryoal.estimate.span import Span

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.int64] | NDArray[np.float64]

__all__ = ["share_ends", "total"]


def total(
    hits: ArrayLike,
    drawn: ArrayLike,
    size: ArrayLike,
    is_sampled: ArrayLike = True,
    level: float = LEVEL,
) -> Span:
    """Total of hits in a part of a pool, after random draws from each stratum of it.

    Parameters
    ----------
    hits, drawn, size
        Shape ``(..., strata)``, whole numbers: of the `size` boxes of the part in a stratum `drawn`
        were looked at, and `hits` of these were hits. Leading axes are taken one by one.
    is_sampled
        Shape ``(..., strata)``: whether any box of the stratum was drawn, in this part or not.

    Returns
    -------
    Span
        Numbers of boxes, shape ``(...)``. The value is that of the weighted mean (Horvitz and
        Thompson); boxes of strata from which none was drawn in this part count as the others do,
        and where none was drawn at all half are hits. The interval is exact
        (:func:`~cryoal.estimate.intervals.hypergeometric`) where the part lies in one stratum, else
        that of :func:`share_ends`. Of a stratum that was never sampled nothing is known: it can
        hold no hit, or hits alone, and the interval grows by all of it.
    """
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=np.int64) for x in (hits, drawn, size)))
    shape = arrays[0].shape[:-1]
    hit, had, all_ = (x.reshape(prod(shape), x.shape[-1]) for x in arrays)  # be there no strata
    sampled = np.broadcast_to(np.asarray(is_sampled, dtype=bool), arrays[0].shape)
    sampled = sampled.reshape(hit.shape) & (had > 0).any(axis=1, keepdims=True)
    blind = np.where(sampled, 0, all_).sum(axis=1)
    all_ = np.where(sampled, all_, 0)
    size_ = all_.sum(axis=1)
    low, high = np.zeros(len(hit)), size_.astype(np.float64)
    share = np.where(size_ > 0, _mean(hit, had, all_), 0.5)
    one = ((all_ > 0).sum(axis=1) == 1) & (had > 0).any(axis=1)
    if one.any():
        at = one, np.argmax(all_ > 0, axis=1)[one]
        low[one], high[one] = hypergeometric(hit[at], had[at], all_[at], level)
    several = (all_ > 0).sum(axis=1) > 1
    if several.any():
        ends = share_ends(hit[several], had[several], all_[several], level)
        # What was looked at is known: no fewer hits than were found, no more than were not missed.
        found, missed = hit[several].sum(axis=1), (had - hit)[several].sum(axis=1)
        low[several] = np.maximum(ends[0] * size_[several], found)
        high[several] = np.minimum(ends[1] * size_[several], size_[several] - missed)
    value = share * (size_ + blind)
    return Span(value.reshape(shape), low.reshape(shape), (high + blind).reshape(shape))


def share_ends(
    hits: Numbers, drawn: Numbers, size: Numbers, level: float = LEVEL
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Interval of the share of hits in strata with draws of their own; at least one box was drawn.

    Each end is a quantile of a Beta distribution with the mean and the variance of the weighted
    share to which *one more box* was added: a hit for the upper end, a miss for the lower. From one
    large stratum that is Clopper's and Pearson's interval, Beta(k + 1, n - k) and
    Beta(k, n - k + 1). For shares in surveys such a Beta distribution is Korn's and Graubard's
    (1998); the added box is Fay's and Feuer's (1997) for weighted sums of Poisson counts. Theirs is
    the heaviest one; here it weighs what a box does on the mean of all that it may stand for, as
    Tiwari, Clegg and Zou (2006) have it: strata in which each that was drawn is a hit hide no hit.

    The variance of a stratum is that of its share, drawn towards the share of all as if by one box
    more: two boxes that agree are no certainty. Where all boxes are drawn it is 0. A part of a
    stratum from which by chance no box came counts as one box would that is half unknown, and for
    each end as what is worse. Numbers need not be whole.
    """
    low = 1 - _upper(drawn - hits, drawn, size, level)
    return low, _upper(hits, drawn, size, level)


def _mean(hits: Numbers, drawn: Numbers, size: Numbers) -> NDArray[np.float64]:
    """The share of hits, each stratum weighing as many boxes as it has; 0 without a draw."""
    stands_for = np.where(drawn > 0, size, 0) / np.where(drawn > 0, drawn, 1)
    seen = np.where(drawn > 0, size, 0).sum(axis=-1)
    out: NDArray[np.float64] = (stands_for * hits).sum(axis=-1) / np.maximum(seen, 1)
    return out


def _upper(hits: Numbers, drawn: Numbers, size: Numbers, level: float) -> NDArray[np.float64]:
    from scipy.special import betaincinv

    is_seen = drawn > 0
    n = np.where(is_seen, drawn, 1)
    weight = size / np.maximum(size.sum(axis=-1, keepdims=True), 1)
    left = 1 - drawn / np.maximum(size, 1)  # the share that nobody looked at
    of_all = _mean(hits, drawn, size)[..., None]
    near = np.where(is_seen, (hits + of_all) / (n + 1), (0.5 + of_all) / 2)
    variance = (weight**2 * left * near * (1 - near) / n).sum(axis=-1)
    share = (weight * np.where(is_seen, hits / n, np.maximum(near, of_all))).sum(axis=-1)
    hides = np.where(hits < n, weight * left, 0.0)
    added = (hides * weight * left / n).sum(axis=-1) / np.maximum(hides.sum(axis=-1), 1e-300)
    mean = (share + added) / (1 + added)
    variance = (variance + added**2 * (1 - share)) / (1 + added) ** 2
    is_open = (mean > 0) & (mean < 1) & (variance > 0)
    mean = np.where(is_open, mean, 0.5)  # any number: not used
    boxes = mean * (1 - mean) / np.where(is_open, variance, 1.0) + 1
    end = betaincinv(mean * boxes, (1 - mean) * boxes, (1 + level) / 2)
    out: NDArray[np.float64] = np.where(is_open, end, share)
    return out
