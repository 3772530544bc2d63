"""How unlike all that is labelled a box is: the part of the pool in which no label lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.heads.block_sets import views
from cryoal.heads.folds import folds, known
from cryoal.heads.standardise import SideBySide
from cryoal.heads.together import fit_together
from cryoal.novelty.distances import ranks, relative_distance
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.heads.linear import Linear

__all__ = ["Novelty", "fit_novelty", "share_below"]

ROUNDS = 8
START = 0.4
"""Of the unlabelled rows, the part farthest from all that is labelled is taken to be new first."""
SURE, DOUBTFUL = 0.9, 0.02
"""How new these are taken to be at first, and all others."""
FEWEST = 6
"""Held-out rows below which nothing is said of how novel labelled boxes are."""
TAIL = 20.0
"""Nats beyond all held-out rows in which the rest of the way to 1 shrinks to 1/e."""
_LEAST = 1e-9


class Novelty:
    """What :func:`fit_novelty` found.

    Attributes
    ----------
    held_out
        Log-odds of labelled rows that were held out, ascending: those of boxes that are not new.
        None where fewer than six can be held out.
    """

    def __init__(
        self, side_by_side: SideBySide, layer: _Layer, held_out: NDArray[np.float64] | None
    ) -> None:
        self._side_by_side = side_by_side
        self._layer = layer
        self.held_out = held_out

    def share_below(self, blocks: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float64]:
        """``(m,)``, in (0, 1): the share of held-out labelled boxes that are less novel than each.

        Between two of them it grows with the log-odds, and beyond the last as well, so that boxes
        that are newer than all can be told apart. Ask only where :attr:`held_out` is there.
        """
        assert self.held_out is not None
        return share_below(self.log_odds(blocks), self.held_out)

    def log_odds(self, blocks: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float64]:
        """``(m,)`` nats, of being of none of the labelled classes, for ranks; higher is newer."""
        return self._layer.log_odds(self._side_by_side(blocks))


def share_below(values: NDArray[np.float64], sample: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of `sample`, ascending, the share below each of `values`, made to grow strictly.

    The n values of the sample stand at 1/(n+1) .. n/(n+1); between them it is linear, and outside
    an exponential of :data:`TAIL` nats leads to 0 and 1.

    Examples
    --------
    >>> share_below(np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0])).round(3).tolist()
    [0.333, 0.5, 0.667]
    """
    n = len(sample)
    place = np.arange(1, n + 1) / (n + 1)
    inside = np.interp(values, sample, place)
    above = np.maximum(values - sample[-1], 0.0) / TAIL
    below = np.maximum(sample[0] - values, 0.0) / TAIL
    found: NDArray[np.float64] = inside - np.expm1(-above) / (n + 1) + np.expm1(-below) / (n + 1)
    return found


class _Layer(NamedTuple):
    """The mean of all views' discriminants, as one layer; the last class is the new one."""

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def log_odds(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        logits = rows.astype(np.float64) @ self.weight.T + self.bias
        highest = logits[:, :-1].max(axis=1)
        rest = np.exp(logits[:, :-1] - highest[:, None]).sum(axis=1)
        found: NDArray[np.float64] = logits[:, -1] - highest - np.log(rest)
        return found


def fit_novelty(
    blocks: Mapping[str, NDArray[np.floating]],
    classes: NDArray[np.int64],
    unlabelled: Mapping[str, NDArray[np.floating]],
    posterior: NDArray[np.floating],
    *,
    mean_std: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]],
    seed: int,
    held_out: NDArray[np.floating] | None = None,
    groups: NDArray[np.int64] | None = None,
) -> Novelty:
    """A mixture of the labelled classes and of one that has no label, on every view together.

    A box is not new because it is far from the labels: in hundreds of dimensions noise is far from
    everything. It is new if it lies in a part of the pool in which no label lies. So the
    discriminants that teach each other on unlabelled rows (:mod:`cryoal.heads.together`) get one
    class more. To begin with, the two fifths of the rows with the largest relative distance are
    taken to be of it (:func:`cryoal.novelty.distances.relative_distance`), ranked in each view, the
    mean over the views.

    Parameters
    ----------
    blocks
        ``(n, columns)`` of labelled boxes.
    classes
        ``(n,)``, any numbers.
    unlabelled
        ``(m, columns)`` of boxes without a label, drawn from the pool: hundreds or a few thousand.
    posterior
        ``(m, classes)``: what the classifier says of them; a column for each number in `classes`.
    mean_std
        Mean and standard deviation of each column over the whole pool.
    seed
        Decides which labelled rows are held out together.
    held_out
        ``(n, classes)`` posterior of labelled rows by a classifier that did not see them; without,
        no labelled rows are held out.
    groups
        ``(n,)``: labelled boxes with the same number, of one filament, are held out together.
    """
    side_by_side = SideBySide(mean_std)
    rows, others = side_by_side(blocks), side_by_side(unlabelled)
    columns = [side_by_side.columns(view) for view in views(side_by_side.names)]
    layer = _fit(rows, classes, others, posterior, columns)
    fold = None
    if held_out is not None:
        fold = folds(rows, classes, stream(seed, "novelty", "folds"), groups)
    if held_out is None or fold is None:
        return Novelty(side_by_side, layer, None)
    told = []
    there = known(classes, fold)
    for k in range(int(fold.max()) + 1):
        out = fold == k
        part = _fit(
            rows[~out],
            classes[~out],
            np.concatenate([others, rows[out]]),  # as if nobody had labelled them
            np.concatenate([posterior, held_out[out]]),
            columns,
        )
        told.append(part.log_odds(rows[out & there]))
    found = np.sort(np.concatenate(told))
    return Novelty(side_by_side, layer, found if len(found) >= FEWEST else None)


def _fit(
    rows: NDArray[np.float32],
    classes: NDArray[np.int64],
    unlabelled: NDArray[np.float32],
    posterior: NDArray[np.floating],
    columns: Sequence[NDArray[np.int64]],
) -> _Layer:
    present, place = np.unique(classes, return_inverse=True)
    k = len(present)
    far = np.mean(
        [ranks(relative_distance(rows[:, c], place, unlabelled[:, c])) for c in columns], axis=0
    )
    new = np.where(ranks(far) > 1.0 - START, SURE, DOUBTFUL)[:, None]
    of_known = posterior[:, present].astype(np.float64)
    of_known /= np.maximum(of_known.sum(axis=1, keepdims=True), _LEAST)
    start = np.concatenate([of_known * (1.0 - new), new], axis=1)
    fitted: list[Linear] = fit_together(
        rows, place, k + 1, unlabelled, start, columns, rounds=ROUNDS, unseen=[k]
    )
    weight, bias = np.zeros((k + 1, rows.shape[1])), np.zeros(k + 1)
    for one, some in zip(fitted, columns, strict=True):
        weight[:, some] += one.weight / len(fitted)
        bias += one.bias / len(fitted)
    return _Layer(weight, bias)
