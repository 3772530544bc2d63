"""Boxes that come a second time, to see whether the annotator says the same again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.review.item import Item

__all__ = ["FEWEST_FOR_REPEATS", "with_repeats", "with_repeats_at_the_end"]

FEWEST_FOR_REPEATS = 20  # boxes; in fewer one remembers what one said
LEAST_GAP = 10  # boxes between a box and its repeat, in any case
AMONG = 2  # boxes for each repeat, among which they come where boxes are ordered by likeness


def with_repeats(items: list[Item], share: float, rng: np.random.Generator) -> list[Item]:
    """`items`, some of which come again at least a quarter of the queue later.

    Both times without the suggestion: the two answers are given under the same conditions, and a
    box without one need not be a repeat.
    """
    n = len(items)
    n_repeats = round(share * n)
    if n < FEWEST_FOR_REPEATS or not n_repeats:
        return items
    gap = _gap(n)
    originals = np.sort(rng.choice(n - gap, min(n_repeats, n - gap), replace=False)).tolist()
    behind = {i: int(rng.integers(i + gap, n)) for i in originals}
    out: list[Item] = []
    for place, item in enumerate(items):
        out.append(_hidden(item) if place in behind else item)
        out += [_again(items[i]) for i, after in behind.items() if after == place]
    return out


def with_repeats_at_the_end(
    items: list[Item], share: float, rng: np.random.Generator, loneliness: NDArray[np.float64]
) -> list[Item]:
    """`items` in their order but for the loneliest, which come last, among the repeats.

    Among boxes that look alike, one of another kind would be known for what it is. At the end
    nothing has its like beside it, and nothing a suggestion. The gap is that of
    :func:`with_repeats`.

    Parameters
    ----------
    loneliness
        ``(n,)``: how unlike all others each of `items` is.
    """
    n = len(items)
    n_last = min(AMONG * round(share * n), n // 4)
    n_repeats = min(round(share * n), n - n_last - _gap(n))
    if n < FEWEST_FOR_REPEATS or n_repeats < 1:
        return items
    loneliest = set(np.argsort(-loneliness, kind="stable")[:n_last].tolist())
    first = [item for place, item in enumerate(items) if place not in loneliest]
    originals = rng.choice(len(first) - _gap(n), n_repeats, replace=False).tolist()
    last = [_hidden(items[place]) for place in sorted(loneliest)]
    last += [_again(first[place]) for place in originals]
    twice = set(originals)
    first = [_hidden(item) if place in twice else item for place, item in enumerate(first)]
    return first + [last[place] for place in rng.permutation(len(last)).tolist()]


def _gap(n: int) -> int:
    return max(LEAST_GAP, n // 4)


def _hidden(item: Item) -> Item:
    return replace(item, suggestion=None, probability=None)


def _again(item: Item) -> Item:
    return replace(_hidden(item), repeat=True)
