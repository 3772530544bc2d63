"""What the labels say of a head on some blocks: rows held out, and how many are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.heads.base import FittedHead, Head

__all__ = ["Judged", "Labelled", "Shown", "judge", "near_the_best", "standard_error"]


class Shown(NamedTuple):
    """Rows that a head learns from."""

    rows: NDArray[np.float32]
    classes: NDArray[np.int64]
    weights: NDArray[np.float64] | None
    """``(n,)``; None: every row counts as 1."""


class Labelled(NamedTuple):
    """Rows that have a label."""

    rows: NDArray[np.float32]
    """``(n, width)``: all blocks side by side."""
    classes: NDArray[np.int64]
    n_classes: int
    fold: NDArray[np.int64] | None
    """``(n,)``: who is held out together; None where nobody can be."""
    known: NDArray[np.bool_]
    """``(n,)``: whether the class of a row is there while the row is held out."""
    weights: NDArray[np.float64] | None = None
    """``(n,)``: what each counts; None: 1."""
    beside: Shown | None = None
    """Rows that are always learnt from, are never held out and judge nobody."""

    def shown(self, which: NDArray[np.bool_] | slice = slice(None)) -> Shown:
        """What heads learn from that see the rows `which`, and all that stand beside."""
        weights = None if self.weights is None else self.weights[which]
        rows, classes = self.rows[which], self.classes[which]
        more = self.beside
        if more is None:
            return Shown(rows, classes, weights)
        own = np.ones(len(rows)) if weights is None else weights
        others = np.ones(len(more.rows)) if more.weights is None else more.weights
        return Shown(
            np.concatenate([rows, more.rows]),
            np.concatenate([classes, more.classes]),
            np.concatenate([own, others]),
        )


class Judged(NamedTuple):
    """A head in one setting on some blocks."""

    head: Head
    setting: str
    blocks: tuple[str, ...]
    columns: NDArray[np.int64]
    held_out: NDArray[np.float32] | None
    """``(n, n_classes)`` logits of each row by a head that did not see its fold."""
    right: NDArray[np.bool_] | None
    """``(n,)``: whether they are highest for the row's class."""
    right_without: NDArray[np.bool_] | None
    """``(folds, n)``: the same for a head that saw neither the row's fold nor that of the line."""

    @property
    def accuracy(self) -> float | None:
        """The share of rows that are right; None where none were held out."""
        return None if self.right is None else float(self.right.mean())


def judge(
    head: Head, blocks: tuple[str, ...], columns: NDArray[np.int64], labelled: Labelled
) -> list[Judged]:
    """One for each setting of `head`."""
    classes, fold, n_classes = labelled.classes, labelled.fold, labelled.n_classes
    if fold is None:
        nothing = None, None, None
        return [Judged(head, setting, blocks, columns, *nothing) for setting in head.settings]
    rows = labelled.rows[:, columns]
    n, n_folds = len(rows), int(fold.max()) + 1

    def fit(which: NDArray[np.bool_]) -> list[FittedHead]:
        seen, of, weights = labelled.shown(which)
        return head.fit(seen[:, columns], of, n_classes, weights)

    logits = [np.empty((n, n_classes), np.float32) for _ in head.settings]
    without = [np.zeros((n_folds, n), bool) for _ in head.settings]
    for j in range(n_folds):
        out = fold == j
        for at, fitted in enumerate(fit(~out)):
            logits[at][out] = fitted.logits(rows[out])
        for k in range(j):
            also = fold == k
            for at, fitted in enumerate(fit(~(out | also))):
                without[at][k, out] = fitted.logits(rows[out]).argmax(axis=1) == classes[out]
                without[at][j, also] = fitted.logits(rows[also]).argmax(axis=1) == classes[also]
    return [
        Judged(head, setting, blocks, columns, told, told.argmax(axis=1) == classes, pairs)
        for setting, told, pairs in zip(head.settings, logits, without, strict=True)
    ]


def near_the_best(right: list[NDArray[np.bool_]]) -> list[int]:
    """Which are within two standard errors of the best share of rows that are right."""
    accuracy = np.stack(right).mean(axis=1)
    best = float(accuracy.max())
    least = best - 2.0 * standard_error(best, len(right[0])) - 1e-9
    return [int(at) for at in np.flatnonzero(accuracy >= least)]


def standard_error(accuracy: float, n: int) -> float:
    """Of a share of `n`; none or all of them count as half a row off."""
    p = min(max(accuracy, 0.5 / n), 1.0 - 0.5 / n)
    return float(np.sqrt(p * (1.0 - p) / n))
