"""Discriminants that teach each other, held out and fitted: one linear layer in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.heads.base import NEVER, log_softmax
from cryoal.heads.discriminant import Discriminant
from cryoal.heads.linear import Linear
from cryoal.heads.together import fit_together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.heads.judge import Labelled, Shown

__all__ = ["Taught", "teach"]

ROUNDS_HELD_OUT = 2
"""Most of what rounds bring comes with the first two, and they are needed for every fold."""


class Taught(NamedTuple):
    """What came of it."""

    linear: Linear
    """The mean of the discriminants' logits, on all columns."""
    each: list[Linear]
    """These discriminants, in the order of their columns."""
    held_out: NDArray[np.float32] | None
    """``(n, n_classes)`` logits of each labelled row by discriminants that did not see it."""
    unseen: NDArray[np.float32] | None
    """``(m, n_classes)`` of each unlabelled row, likewise: they are surer of what they learnt from,
    label or not, than of other rows."""


def teach(
    labelled: Labelled,
    unlabelled: NDArray[np.float32],
    posterior: NDArray[np.floating],
    columns: Sequence[NDArray[np.int64]],
    rng: np.random.Generator,
) -> Taught:
    """Fit discriminants on each of `columns` together (see :mod:`cryoal.heads.together`).

    Parameters
    ----------
    unlabelled
        ``(m, width)``, at least one.
    posterior
        ``(m, n_classes)``, what is thought of them so far. While rows are held out it is what
        discriminants on each of `columns` say that did not see them.
    rng
        Decides which unlabelled rows are held out together.
    """
    shown = labelled.shown()
    each = fit_together(
        shown.rows,
        shown.classes,
        labelled.n_classes,
        unlabelled,
        posterior,
        columns,
        weights=shown.weights,
    )
    linear = _layer(each, columns, labelled.n_classes, shown)
    if labelled.fold is None:
        return Taught(linear, each, None, None)
    n_folds = int(labelled.fold.max()) + 1
    held_out = np.empty((len(labelled.rows), labelled.n_classes), np.float32)
    unseen = np.empty((len(unlabelled), labelled.n_classes), np.float32)
    part = rng.permutation(len(unlabelled)) % n_folds
    for k in range(n_folds):
        out, away = labelled.fold == k, part == k
        shown = labelled.shown(~out)
        seen = unlabelled if away.all() else unlabelled[~away]
        together = fit_together(
            shown.rows,
            shown.classes,
            labelled.n_classes,
            seen,
            _guess(shown, labelled.n_classes, seen, columns),
            columns,
            rounds=ROUNDS_HELD_OUT,
            weights=shown.weights,
        )
        layer = _layer(together, columns, labelled.n_classes, shown)
        held_out[out] = layer.logits(labelled.rows[out])
        unseen[away] = layer.logits(unlabelled[away])
    return Taught(linear, each, held_out, unseen)


def _guess(
    shown: Shown,
    n_classes: int,
    unlabelled: NDArray[np.float32],
    columns: Sequence[NDArray[np.int64]],
) -> NDArray[np.float64]:
    """The mean posterior of one discriminant on each of `columns`, the second of its settings."""
    told = [
        np.exp(
            log_softmax(
                Discriminant()
                .fit(shown.rows[:, some], shown.classes, n_classes, shown.weights)[1]
                .logits(unlabelled[:, some])
            )
        )
        for some in columns
    ]
    return np.asarray(np.mean(told, axis=0))


def _layer(
    fitted: Sequence[Linear],
    columns: Sequence[NDArray[np.int64]],
    n_classes: int,
    shown: Shown,
) -> Linear:
    """The mean of their logits, as one layer on all columns; without those that diverged."""
    weight = np.zeros((n_classes, shown.rows.shape[1]))
    bias = np.zeros(n_classes)
    sound = [pair for pair in zip(fitted, columns, strict=True) if pair[0].is_sound]
    for one, some in sound:
        weight[:, some] += one.weight / len(sound)
        bias += one.bias / len(sound)
    bias[~np.isin(np.arange(n_classes), shown.classes)] = NEVER
    return Linear(weight, bias)
