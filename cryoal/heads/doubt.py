"""Which labels look wrong: what heads say of boxes whose labels they were not shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.heads.base import log_softmax
from cryoal.heads.block_sets import views
from cryoal.heads.discriminant import Discriminant
from cryoal.heads.folds import folds, known
from cryoal.heads.standardise import SideBySide
from cryoal.heads.temperature import fit_temperature
from cryoal.heads.together import fit_together
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["FEWEST", "Doubts", "doubt"]

FEWEST = 10
"""Labels below which heads that were shown fewer still have nothing to say against one."""
SEEDS = 3
"""Ways of holding out that are averaged; with six nothing is found that is missed with three."""
ROUNDS = 2
"""Of teaching each other, as where labels are held out to see how the classifier does."""
UNLIKELY = 0.05
"""A label of a lower posterior looks wrong ... (twice as many right ones did below 0.1)"""
LIKELY = 0.5
"""... where another class has at least this one: with 50 classes nearly all labels are unlikely."""


@dataclass(frozen=True)
class Doubts:
    """What is said against each of n labels by heads that did not see it."""

    posterior: NDArray[np.float64]
    """``(n, n_classes)``, the mean over the ways of holding out, each at its own temperature."""
    classes: NDArray[np.int64]
    """``(n,)``: the labels."""
    agreement: NDArray[np.float64]
    """``(n,)``: of all heads (views times ways of holding out), the share for the label."""
    judged: NDArray[np.bool_]
    """``(n,)``: whether there were others of its class to learn from each time."""

    @property
    def of_label(self) -> NDArray[np.float64]:
        """``(n,)``: the posterior of the label."""
        return np.asarray(self.posterior[np.arange(len(self.classes)), self.classes])

    @property
    def margin(self) -> NDArray[np.float64]:
        """``(n,)``: log-posterior of the label less that of the likeliest other class, in nats."""
        own = np.arange(len(self.classes)), self.classes
        others = self.posterior.copy()
        others[own] = 0.0
        least = np.finfo(np.float64).tiny
        return np.asarray(
            np.log(np.maximum(self.posterior[own], least))
            - np.log(np.maximum(others.max(axis=1), least))
        )

    def order(self) -> NDArray[np.int64]:
        """Positions, the most doubtful label first; those that could not be judged are last."""
        return np.lexsort((self.agreement, self.of_label, ~self.judged))

    def look_wrong(self) -> NDArray[np.bool_]:
        """Whether a label is below 0.05 where another class is at 0.5 or more."""
        likely = self.posterior.max(axis=1) >= LIKELY
        return np.asarray(self.judged & (self.of_label < UNLIKELY) & likely)


def doubt(
    blocks: Mapping[str, NDArray[np.floating]],
    classes: NDArray[np.int64],
    n_classes: int,
    *,
    mean_std: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]],
    seed: int,
    unlabelled: Mapping[str, NDArray[np.floating]] | None = None,
    groups: NDArray[np.int64] | None = None,
) -> Doubts | None:
    """Hold labels out, three times in five parts, and ask heads of the others what they are.

    The heads are discriminants on blocks that see a box in ways of their own (those of
    :mod:`cryoal.heads.together`, which teach each other on `unlabelled`). A label is doubtful by
    the posterior of its class, as in the ranking by self-confidence of confident learning
    (Northcutt et al., 2021). Neither their thresholds by class, nor the margin to the best other
    class, nor counting votes, nor a second pass without what the first one doubted found more of
    the labels that were changed on purpose (``benchmarks/trust/suspicious.py``).

    Parameters
    ----------
    blocks, mean_std, unlabelled
        As for :func:`cryoal.heads.choose.fit_heads`; without `unlabelled` discriminants stand
        alone.
    classes
        ``(n,)``, in 0 .. n_classes - 1.
    seed
        Decides which labels are held out together.
    groups
        ``(n,)``: labelled boxes with the same number, of one filament, are held out together.

    Returns
    -------
    Doubts
        None below :data:`FEWEST` labels, or where fewer than two classes have two labels.
    """
    if len(classes) < FEWEST:
        return None
    side = SideBySide(mean_std)
    rows = side(blocks)
    free = None if unlabelled is None else side(unlabelled)
    columns = [side.columns(view) for view in views(side.names)]
    posterior = np.zeros((len(classes), n_classes))
    agreement = np.zeros(len(classes))
    judged = np.ones(len(classes), bool)
    for number in range(SEEDS):
        fold = folds(rows, classes, stream(seed, "doubt", number), groups)
        if fold is None:
            return None
        told = np.empty((len(columns), len(classes), n_classes))
        for k in range(int(fold.max()) + 1):
            out = fold == k
            told[:, out] = _told(rows[~out], classes[~out], n_classes, rows[out], free, columns)
        there = known(classes, fold)
        mean = told.mean(axis=0)
        temperature = fit_temperature(mean[there], classes[there])
        posterior += np.exp(log_softmax(mean / temperature)) / SEEDS
        agreement += (told.argmax(axis=2) == classes).mean(axis=0) / SEEDS
        judged &= there
    return Doubts(posterior, classes, agreement, judged)


def _told(
    rows: NDArray[np.float32],
    classes: NDArray[np.int64],
    n_classes: int,
    asked: NDArray[np.float32],
    unlabelled: NDArray[np.float32] | None,
    columns: Sequence[NDArray[np.int64]],
) -> NDArray[np.float32]:
    """``(views, m, n_classes)`` logits of the rows `asked`, by each view's head."""
    heads = [Discriminant().fit(rows[:, some], classes, n_classes)[1] for some in columns]
    if unlabelled is not None and len(unlabelled):
        first = [
            np.exp(log_softmax(head.logits(unlabelled[:, some])))
            for head, some in zip(heads, columns, strict=True)
        ]
        guess = np.mean(first, axis=0)
        heads = list(
            fit_together(rows, classes, n_classes, unlabelled, guess, columns, rounds=ROUNDS)
        )
    return np.stack(
        [head.logits(asked[:, some]) for head, some in zip(heads, columns, strict=True)]
    )
