"""Labelled rows of another pool that are learnt from along with one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.heads.folds import folds, known
from cryoal.heads.judge import Labelled, Shown
from cryoal.heads.standardise import SideBySide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["FEWEST_OWN", "Along", "gather"]

FEWEST_OWN = 20
"""Own labels from which on they alone judge; of fewer, the rows beside them are held out as well.

With 9 to 18 own labels of nine classes nothing else would tell one head from another.
"""


class Along(NamedTuple):
    """Rows of another pool, their classes, and what each counts beside a row of one's own."""

    blocks: Mapping[str, NDArray[np.floating]]
    classes: NDArray[np.int64]
    groups: NDArray[np.int64]
    """``(n,)``: rows with the same number, of one filament, are held out together."""
    mean_std: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]]
    """Of each column over the pool that they are of: by these they are standardised."""
    weight: float = 1.0
    """Positive."""


def gather(
    rows: NDArray[np.float32],
    classes: NDArray[np.int64],
    n_classes: int,
    groups: NDArray[np.int64] | None,
    along: Along | None,
    rng: np.random.Generator,
) -> tuple[Labelled, bool]:
    """What heads learn from and are judged by, the own `rows` first; and whether these can judge.

    Own rows can where two classes have two rows each. From :data:`FEWEST_OWN` on they are the only
    ones that are held out, and rows of another pool stand beside; of fewer, all are held out.
    """
    fold = folds(rows, classes, rng, groups) if len(classes) else None
    if along is None or not len(along.classes):
        there = np.zeros(len(classes), bool) if fold is None else known(classes, fold)
        return Labelled(rows, classes, n_classes, fold, there), fold is not None
    others = SideBySide(along.mean_std)(along.blocks)
    weights = np.full(len(others), float(along.weight))
    if fold is not None and len(classes) >= FEWEST_OWN:
        there = known(classes, fold) | np.isin(classes, along.classes)
        beside = Shown(others, along.classes, weights)
        return Labelled(rows, classes, n_classes, fold, there, None, beside), True
    everything = np.concatenate([rows, others])
    of = np.concatenate([classes, along.classes])
    both = np.concatenate(
        [_numbered(groups, len(rows)), len(of) + _numbered(along.groups, len(others))]
    )
    together = folds(everything, of, rng, both)
    there = np.zeros(len(of), bool) if together is None else known(of, together)
    counts = np.concatenate([np.ones(len(rows)), weights])
    return Labelled(everything, of, n_classes, together, there, counts), fold is not None


def _numbered(groups: NDArray[np.int64] | None, n: int) -> NDArray[np.int64]:
    """Numbers 0 .. n - 1 that say the same as `groups`."""
    return np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
