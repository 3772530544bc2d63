"""Boxes that come a second time, to see whether the annotator says the same again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cryoal.review.item import Item

__all__ = ["with_repeats"]

FEWEST_FOR_REPEATS = 20  # boxes; in fewer one remembers what one said
LEAST_GAP = 10  # boxes between a box and its repeat, in any case


def with_repeats(items: list[Item], share: float, rng: np.random.Generator) -> list[Item]:
    """`items`, some of which come again at least a quarter of the queue later.

    Both times without the suggestion: the two answers are given under the same conditions, and a
    box without one need not be a repeat.
    """
    n = len(items)
    n_repeats = round(share * n)
    if n < FEWEST_FOR_REPEATS or not n_repeats:
        return items
    gap = max(LEAST_GAP, n // 4)
    originals = np.sort(rng.choice(n - gap, min(n_repeats, n - gap), replace=False)).tolist()
    behind = {i: int(rng.integers(i + gap, n)) for i in originals}
    hidden = {i: replace(items[i], suggestion=None, probability=None) for i in originals}
    out: list[Item] = []
    for place, item in enumerate(items):
        out.append(hidden.get(place, item))
        out += [replace(hidden[i], repeat=True) for i, after in behind.items() if after == place]
    return out
