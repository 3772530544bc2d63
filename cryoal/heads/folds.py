"""Which labelled rows are held out together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["folds", "known"]

MOST = 5


def folds(
    rows: NDArray[np.float32], classes: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64] | None:
    """The fold of each row, 0 .. 4: of nearly equal size, each class spread over them.

    Who is held out with whom depends on `rng`, the rows and which are of one class, not on the
    order of the rows or the numbers of the classes. None where fewer than two classes would be
    there to compare: two need two rows each.
    """
    n = len(classes)
    count = np.bincount(classes, minlength=1)
    if (count >= 2).sum() < 2:
        return None
    text = [row.tobytes() for row in rows]
    kinds = [int(c) for c in np.unique(classes)]
    first = {c: min(text[i] for i in np.flatnonzero(classes == c)) for c in kinds}
    rank = {c: at for at, c in enumerate(sorted(kinds, key=lambda c: (count[c], first[c])))}
    ranks = np.array([rank[int(c)] for c in classes])
    draw = np.empty(n, dtype=np.int64)
    draw[sorted(range(n), key=lambda i: (ranks[i], text[i]))] = rng.permutation(n)
    fold = np.empty(n, dtype=np.int64)
    fold[np.lexsort((draw, ranks))] = np.arange(n) % min(n, MOST)
    return fold


def known(classes: NDArray[np.int64], fold: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the class of a row is there too among the rows of other folds."""
    size = int(classes.max()) + 1
    there = np.zeros((int(fold.max()) + 1, size), dtype=np.int64)
    np.add.at(there, (fold, classes), 1)
    return np.asarray((there.sum(axis=0) - there[fold])[np.arange(len(fold)), classes] > 0)
