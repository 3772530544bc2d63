"""An audit and its pool, counted: by stratum, class that was called, and probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.estimate.intervals import hypergeometric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

__all__ = ["NOT_DRAWN", "NOT_NAMED", "Audited", "Cells", "Draw", "count_cells"]

NOT_NAMED, NOT_DRAWN = -1, -2
"""In place of a class: looked at, and nobody could say; not looked at."""


@dataclass(frozen=True)
class Audited:
    """Every box of a pool that has a class or could have one.

    Boxes that were labelled, and that nobody could name or annotators differ about, are none of
    these.
    """

    n_classes: int
    predicted: NDArray[np.int64]
    """The classifier's class of each box without a label, audit boxes among them."""
    probability: NDArray[np.float64]
    """What the classifier said of that class."""
    stratum: NDArray[np.int64]
    """Within each of these, 0, 1, ..., those with an answer are a random sample."""
    answer: NDArray[np.int64]
    """The expert's class of audit boxes, or :data:`NOT_NAMED`; else :data:`NOT_DRAWN`."""
    known: NDArray[np.int64]
    """The class of each box of which it is known: labelled ones and test keys."""
    known_out: NDArray[np.int64]
    """The class with which each of them comes out: the expert's, or a test key's prediction."""
    known_probability: NDArray[np.float64]
    """The probability with which it comes out; 1 of an expert's."""


class Draw(NamedTuple):
    """Of each stratum: hits among the boxes looked at, these, and how many there are."""

    hits: Counts
    drawn: Counts
    size: Counts


@dataclass(frozen=True)
class Cells:
    """Counts; axes are stratum, class called, and the thresholds, of which the first is 0."""

    thresholds: tuple[float, ...]
    size: Counts
    drawn: Counts
    named: Counts
    right: Counts
    """Of those named, how many are of the class called."""
    answers: Counts
    """``(strata, called, class)``: the audit boxes that could be named."""
    known_out: Counts
    """``(called, thresholds)``: known boxes by the class with which they come out."""
    known_right: Counts
    """``(called, thresholds)``: those of them that are of that class."""
    known: Counts
    """``(class,)``: known boxes by their class."""

    def called(self, of: int | None, at: int) -> Draw:
        """Boxes called `of` (None: whatever), at the threshold `at`: those that are right.

        Of boxes that can be named: where some could not be, the size is what their share says.
        Where none at all could be, it is the most that this can mean, since nothing else bounds
        how many the others are.
        """
        of_ = slice(None) if of is None else slice(of, of + 1)
        right, named, drawn, size = (
            x[:, of_, at].sum(axis=1) for x in (self.right, self.named, self.drawn, self.size)
        )
        if named.any():
            nameable = np.rint(size * (named + 0.5) / (drawn + 0.5)).astype(np.int64)
        else:
            nameable = hypergeometric(named, drawn, size)[1]
        return Draw(right, named, np.maximum(named, nameable))

    def found(self, of: int, *, called_so: bool) -> Draw:
        """Boxes of the class `of` among those called so, or among those called anything else."""
        others = [c for c in range(self.size.shape[1]) if (c == of) == called_so]
        hits = self.answers[:, others, of].sum(axis=1)
        return Draw(hits, *(x[:, others, 0].sum(axis=1) for x in (self.drawn, self.size)))


def count_cells(audited: Audited, thresholds: Sequence[float]) -> Cells:
    """Count once; everything that is told is a sum of these."""
    steps = (0.0, *(t for t in sorted(set(thresholds)) if t > 0))
    n_t, n = len(steps), audited.n_classes
    n_strata = int(audited.stratum.max(initial=-1)) + 1

    def step(probability: NDArray[np.float64]) -> Counts:
        return np.searchsorted(steps, probability, side="right").astype(np.int64) - 1

    # From each threshold on: the sum of its own and all later ones.
    def onwards(counts: Counts) -> Counts:
        return counts[..., ::-1].cumsum(axis=-1)[..., ::-1]

    shape = (n_strata, n, n + 2, n_t)  # the last two answers: not drawn, not named
    at = np.ravel_multi_index(
        (
            audited.stratum,
            audited.predicted,
            np.where(audited.answer < 0, n - 1 - audited.answer, audited.answer),
            step(audited.probability),
        ),
        shape,
    )
    counts = np.bincount(at, minlength=int(np.prod(shape))).reshape(shape)
    each = np.arange(n)
    all_answers = counts[:, :, :n].sum(axis=3)
    known_at = (audited.known_out, step(audited.known_probability))
    is_right = (audited.known == audited.known_out).astype(np.int64)
    known_out, known_right = (np.zeros((n, n_t), np.int64) for _ in range(2))
    np.add.at(known_out, known_at, 1)
    np.add.at(known_right, known_at, is_right)
    return Cells(
        thresholds=steps,
        size=onwards(counts.sum(axis=2)),
        drawn=onwards(counts[:, :, : n + 1].sum(axis=2)),
        named=onwards(counts[:, :, :n].sum(axis=2)),
        right=onwards(counts[:, each, each]),
        answers=all_answers,
        known_out=onwards(known_out),
        known_right=onwards(known_right),
        known=np.bincount(audited.known, minlength=n).astype(np.int64),
    )
