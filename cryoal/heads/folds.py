"""Which labelled rows are held out together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["dealt", "folds", "known", "units"]

MOST = 5


def folds(
    rows: NDArray[np.float32],
    classes: NDArray[np.int64],
    rng: np.random.Generator,
    groups: NDArray[np.int64] | None = None,
) -> NDArray[np.int64] | None:
    """The fold of each row, 0 .. 4: of nearly equal size, each class spread over them.

    Who is held out with whom depends on `rng`, the rows and which are of one class, not on the
    order of the rows or the numbers of the classes. None where fewer than two classes would be
    there to compare: two need two rows each, in two groups.

    Parameters
    ----------
    groups
        ``(n,)``: rows with the same number, of one filament, are held out together; but for those
        of more than a fifth of all rows, which no fold could hold.
    """
    n = len(classes)
    unit = units(groups, n, min(n, MOST))
    count = np.bincount(np.unique(np.stack([classes, unit]), axis=1)[0], minlength=1)
    if (count >= 2).sum() < 2:
        return None
    count = np.bincount(classes, minlength=1)
    text = [row.tobytes() for row in rows]
    kinds = [int(c) for c in np.unique(classes)]
    first = {c: min(text[i] for i in np.flatnonzero(classes == c)) for c in kinds}
    rank = {c: at for at, c in enumerate(sorted(kinds, key=lambda c: (count[c], first[c])))}
    ranks = np.array([rank[int(c)] for c in classes])
    draw = np.empty(n, dtype=np.int64)
    draw[sorted(range(n), key=lambda i: (ranks[i], text[i]))] = rng.permutation(n)
    order = np.lexsort((draw, ranks))
    fold = np.empty(n, dtype=np.int64)
    fold[order] = dealt(unit[order], min(n, MOST))
    return fold


def units(groups: NDArray[np.int64] | None, n: int, n_folds: int) -> NDArray[np.int64]:
    """``(n,)``: who is held out as one; a row that is alone has a number of its own.

    Groups of more than one in `n_folds` of all rows are taken apart: no fold could hold them.
    """
    if groups is None:
        return np.arange(n)
    _, of_group, size = np.unique(groups, return_inverse=True, return_counts=True)
    return np.where(size[of_group] * n_folds > n, len(size) + np.arange(n), of_group)


def dealt(unit: NDArray[np.int64], n_folds: int) -> NDArray[np.int64]:
    """``(n,)``: units dealt out to folds in turn, in the order of the first row of each."""
    _, first, of_unit = np.unique(unit, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return np.asarray(place[of_unit] % n_folds)


def known(classes: NDArray[np.int64], fold: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the class of a row is there too among the rows of other folds."""
    size = int(classes.max()) + 1
    there = np.zeros((int(fold.max()) + 1, size), dtype=np.int64)
    np.add.at(there, (fold, classes), 1)
    return np.asarray((there.sum(axis=0) - there[fold])[np.arange(len(fold)), classes] > 0)
