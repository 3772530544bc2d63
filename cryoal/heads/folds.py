"""Which labelled rows are held out together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["folds"]


def folds(classes: NDArray[np.int64], k: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The fold, 0 .. k - 1, of each row: of nearly equal size, each class spread over them.

    The order of the rows does not matter to which rows of a class stay together but by `rng`.
    """
    fold = np.empty(len(classes), dtype=np.int64)
    order = rng.permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]  # by class, at random within
    fold[order] = np.arange(len(classes)) % k
    return fold
