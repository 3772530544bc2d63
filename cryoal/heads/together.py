"""Discriminants on several sets of columns that teach each other on rows without a label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.heads.base import NEVER, log_softmax
from cryoal.heads.linear import Linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["fit_together"]

ROUNDS = 5
SHARE = 0.3
"""What an unlabelled row counts beside a labelled one."""
SHRINKAGE = 0.1
"""Of the covariance to its diagonal: hundreds of rows tell it, so little is needed."""
_LEAST = 1e-9


def fit_together(
    rows: NDArray[np.float32],
    classes: NDArray[np.int64],
    n_classes: int,
    unlabelled: NDArray[np.float32],
    posterior: NDArray[np.floating],
    columns: Sequence[NDArray[np.int64]],
    *,
    rounds: int = ROUNDS,
    unseen: Sequence[int] = (),
    weights: NDArray[np.float64] | None = None,
) -> list[Linear]:
    r"""One discriminant for each of `columns`, by labels and by what all of them say together.

    In each round every discriminant is fitted to labelled rows of weight 1 and to unlabelled ones
    of weight 0.3, which belong to each class by as much as the mean of all discriminants says:
    with :math:`q_{ik}` the weight of row i in class k,

    .. math::

        m_k = \sum_i q_{ik} x_i / \sum_i q_{ik}, \qquad
        S = \sum_{ik} q_{ik} (x_i - m_k)(x_i - m_k)^T / \sum_{ik} q_{ik},

    S shrunken by a tenth to its diagonal. Classes are as frequent as the unlabelled rows say (with
    one row more for each): taken as equally frequent, a rare class would be given what is near it,
    and learn from that. Blocks tell a box in ways of their own, so where one errs others are often
    right, and S comes from hundreds of rows where labels alone are tens (co-training of views: Blum
    and Mitchell, 1998; with the steps of expectation and maximisation for a mixture: Nigam et al.,
    2000).

    Parameters
    ----------
    rows, unlabelled
        ``(n, width)`` and ``(m, width)``: all blocks side by side, standardised.
    classes
        ``(n,)``.
    posterior
        ``(m, n_classes)``: a first guess of what the unlabelled rows are; rows sum to 1. What it
        gives to classes without a label is left out.
    columns
        Those of each discriminant.
    rounds
        At least 1.
    unseen
        Classes that rows may be of although none is labelled so; `posterior` says which to begin.
    weights
        ``(n,)``: what each labelled row counts; 1 without.

    Returns
    -------
    list
        In the order of `columns`. Other classes without a label have a bias that lets nothing be of
        them.
    """
    seen = np.isin(np.arange(n_classes), [*classes, *unseen])
    labels = np.eye(n_classes)[classes]
    if weights is not None:
        labels *= weights[:, None]
    both = np.concatenate([rows, unlabelled]).astype(np.float64)
    guess = np.where(seen, posterior, 0.0).astype(np.float64)
    fitted: list[Linear] = []
    for _ in range(rounds):
        guess /= np.maximum(guess.sum(axis=1, keepdims=True), _LEAST)
        belongs = np.concatenate([labels, SHARE * guess])
        share = (guess.sum(axis=0) + 1.0) / (len(guess) + seen.sum())
        fitted = [_fit(both[:, some], belongs, seen, share) for some in columns]
        told = [
            np.exp(log_softmax(one.logits(unlabelled[:, some])))
            for one, some in zip(fitted, columns, strict=True)
        ]
        guess = np.mean(told, axis=0)
    return fitted


def _fit(
    rows: NDArray[np.float64],
    weights: NDArray[np.float64],
    seen: NDArray[np.bool_],
    share: NDArray[np.float64],
) -> Linear:
    """LDA of `rows`, ``(n, p)``, of which each belongs to class k by ``weights[:, k]``."""
    total = weights.sum(axis=0)
    means = weights.T @ rows / np.maximum(total, _LEAST)[:, None]
    bias = np.full(len(seen), NEVER)
    weight = np.zeros(means.shape)
    bias[seen] = 0.0
    if seen.sum() < 2:
        return Linear(weight, bias)
    within = (rows * weights.sum(axis=1)[:, None]).T @ rows - (means * total[:, None]).T @ means
    within /= total.sum()
    scale = 1.0 / np.sqrt(np.maximum(np.diag(within), _LEAST))
    within *= (1.0 - SHRINKAGE) * scale[:, None] * scale
    within[np.diag_indices(len(scale))] += SHRINKAGE
    middle = means[seen].mean(axis=0)
    solved = np.linalg.solve(within, ((means[seen] - middle) * scale).T).T * scale
    weight[seen] = solved
    bias[seen] = -0.5 * ((means[seen] - middle) * solved).sum(axis=1) - solved @ middle
    bias[seen] += np.log(share[seen])
    return Linear(weight, bias)
