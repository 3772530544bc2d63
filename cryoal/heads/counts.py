"""How many boxes are of each class, from posteriors alone; wide where it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.heads.evidence import Evidence

__all__ = ["Count", "counts"]

PRIOR_ROWS = 4.0
"""Held-out labels that the posterior of unseen boxes counts as, class by class."""
WIDTH = 1.96
HIDDEN = 0.02
STEPS = 200
_LEAST = 1e-6


class Count(NamedTuple):
    """Boxes without a label that are of one class."""

    expected: float
    low: float
    high: float


def counts(evidence: Evidence, n_boxes: int) -> list[Count]:
    """Of `n_boxes` boxes without a label, of which `evidence` has a random sample, for each class.

    Expected is what the labels that were held out make of what is said: of the boxes said to be of
    class s a share is of class c that both the held-out labels said to be s and the posterior of
    unseen boxes tell, as in :func:`cryoal.heads.rungs.rungs`. The interval is that of this share
    (one label more is put on each class for its width), and it holds what other ways of
    counting come to: classes as they are said, the sum of the posterior, both by heads that did not
    see the box, and expectation and maximisation of the class shares (Saerens et al., 2002). These
    differ by factors where labels are few: with a class of tens of boxes in a thousand the last
    finds too few and the sums too many. A class without a label has any number up to what chance
    allows, and others fewer by that.
    """
    k = evidence.said.shape[1]
    scale = n_boxes / len(evidence.said)
    said, unseen = evidence.said.argmax(axis=1), evidence.unseen.argmax(axis=1)
    called = np.bincount(said, minlength=k) * scale
    table = np.zeros((k, k))
    np.add.at(table, (evidence.held_out.argmax(axis=1), evidence.classes), 1.0)
    expected, variance = np.zeros(k), np.zeros(k)
    for s in np.flatnonzero(called):
        rows = PRIOR_ROWS * evidence.unseen[said == s].mean(axis=0) + table[s]
        share = rows / rows.sum()
        wider = (rows + 1.0) / (rows.sum() + k)
        expected += called[s] * share
        variance += called[s] ** 2 * wider * (1.0 - wider) / (rows.sum() + 1.0)
        variance += called[s] * share * (1.0 - share) * scale
    ways = scale * np.stack(
        [
            np.bincount(said, minlength=k),
            np.bincount(unseen, minlength=k),
            evidence.said.sum(axis=0),
            evidence.unseen.sum(axis=0),
            _shares(evidence.unseen, evidence.labels_of_each() > 0) * len(said),
        ]
    )
    fewest, most = ways.min(axis=0), ways.max(axis=0)
    half = WIDTH * np.sqrt(variance)
    low = np.minimum(expected - half, fewest - WIDTH * np.sqrt(fewest * scale))
    high = np.maximum(expected + half, most + WIDTH * np.sqrt(np.maximum(most, 1.0) * scale))
    hidden = evidence.most_hidden(HIDDEN) * n_boxes
    without = evidence.labels_of_each() == 0
    low, high = np.where(without, 0.0, low - hidden), np.where(without, hidden, high)
    bounds = np.clip(low, 0.0, n_boxes), np.clip(high, 0.0, n_boxes)
    return [Count(*map(float, each)) for each in zip(expected, *bounds, strict=True)]


def _shares(posterior: NDArray[np.float64], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Class shares at which the posterior, its own shares replaced by them, has them as its mean.

    Half a row more is put on each class that has a label.
    """
    own = np.maximum(posterior.mean(axis=0), _LEAST)
    share = own
    for _ in range(STEPS):
        anew = posterior * (share / own)
        anew /= np.maximum(anew.sum(axis=1, keepdims=True), _LEAST)
        share = (anew.sum(axis=0) + 0.5 * seen) / (len(anew) + 0.5 * seen.sum())
    return np.asarray(share)
