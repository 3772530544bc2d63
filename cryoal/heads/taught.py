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

    from cryoal.heads.judge import Labelled

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


def teach(
    labelled: Labelled,
    unlabelled: NDArray[np.float32],
    posterior: NDArray[np.floating],
    columns: Sequence[NDArray[np.int64]],
) -> Taught:
    """Fit discriminants on each of `columns` together (see :mod:`cryoal.heads.together`).

    Parameters
    ----------
    unlabelled
        ``(m, width)``.
    posterior
        ``(m, n_classes)``, what is thought of them so far. While rows are held out it is what
        discriminants on each of `columns` say that did not see them.
    """
    each = fit_together(
        labelled.rows, labelled.classes, labelled.n_classes, unlabelled, posterior, columns
    )
    linear = _layer(each, columns, labelled)
    if labelled.fold is None:
        return Taught(linear, each, None)
    held_out = np.empty((len(labelled.rows), labelled.n_classes), np.float32)
    for k in range(int(labelled.fold.max()) + 1):
        out = labelled.fold == k
        shown = labelled._replace(rows=labelled.rows[~out], classes=labelled.classes[~out])
        together = fit_together(
            shown.rows,
            shown.classes,
            shown.n_classes,
            unlabelled,
            _guess(shown, unlabelled, columns),
            columns,
            rounds=ROUNDS_HELD_OUT,
        )
        held_out[out] = _layer(together, columns, shown).logits(labelled.rows[out])
    return Taught(linear, each, held_out)


def _guess(
    shown: Labelled, unlabelled: NDArray[np.float32], columns: Sequence[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """The mean posterior of one discriminant on each of `columns`, the second of its settings."""
    told = [
        np.exp(
            log_softmax(
                Discriminant()
                .fit(shown.rows[:, some], shown.classes, shown.n_classes)[1]
                .logits(unlabelled[:, some])
            )
        )
        for some in columns
    ]
    return np.asarray(np.mean(told, axis=0))


def _layer(
    fitted: Sequence[Linear], columns: Sequence[NDArray[np.int64]], labelled: Labelled
) -> Linear:
    """The mean of their logits, as one layer on all columns."""
    weight = np.zeros((labelled.n_classes, labelled.rows.shape[1]))
    bias = np.zeros(labelled.n_classes)
    for one, some in zip(fitted, columns, strict=True):
        weight[:, some] += one.weight / len(fitted)
        bias += one.bias / len(fitted)
    bias[~np.isin(np.arange(labelled.n_classes), labelled.classes)] = NEVER
    return Linear(weight, bias)
