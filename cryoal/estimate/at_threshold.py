"""What an audit says of one class at one threshold, quickly enough to follow a slider."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.estimate.audit import estimate_of, right_of, totals_of
from cryoal.estimate.cells import NOT_DRAWN, Cells, Draw
from cryoal.estimate.span import share_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from cryoal.estimate.audit import Estimate
    from cryoal.estimate.cells import Audited, Counts

__all__ = ["AtThreshold", "Told"]


class Told(NamedTuple):
    """Of the boxes that come out as a class with a probability of at least the threshold."""

    out: int
    """How many they are, an expert's among them."""
    precision: Estimate
    """Share of them that is of the class."""
    recall: Estimate
    """Share of the boxes of the class that is among them."""


class AtThreshold:
    """Precision and recall of each class from any threshold on.

    The same numbers as :func:`~cryoal.estimate.audit.estimates` gives for the thresholds that it is
    told, and the recall beside them; boxes are sorted once.
    """

    def __init__(self, audited: Audited) -> None:
        self._audited = audited
        self._n_strata = int(audited.stratum.max(initial=-1)) + 1
        is_drawn = audited.answer != NOT_DRAWN
        self._drawn = np.flatnonzero(is_drawn)
        self._is_sampled = np.bincount(audited.stratum[is_drawn], minlength=self._n_strata) > 0
        self._size_of = np.bincount(audited.stratum, minlength=self._n_strata)
        self._sorted: dict[int, list[NDArray[np.float64]]] = {}

    def at(self, of: int, threshold: float) -> Told:
        """What is known of the class `of` from `threshold` on; the rest of it does not come out."""
        cells = self._cells(of, threshold)
        draws: dict[Hashable, Draw] = {("right", of, 1): cells.called(of, 1)}
        draws |= self._found(of, threshold)
        totals = totals_of(draws, self._is_sampled)
        out, precision = right_of(cells, draws, totals, of, 1)
        experts, known = int(cells.answers[:, :, of].sum()), int(cells.known[of])
        known_right = int(cells.known_right[of, 1])
        n_hit, n_missed = (int(draws["found", of, so].hits.sum()) for so in (True, False))
        # audit boxes come out with the expert's class, whatever the threshold
        comes_out = totals["found", of, True].shifted(experts - n_hit + known_right)
        is_lost = totals["found", of, False].shifted(known - known_right - n_missed)
        return Told(out, precision, estimate_of(share_of(comes_out, is_lost), experts, fewest=2))

    def _count(self, rows: NDArray[np.int64]) -> Counts:
        return np.bincount(self._audited.stratum[rows], minlength=self._n_strata).astype(np.int64)

    def _sizes(self, of: int, threshold: float) -> Counts:
        """Boxes of each stratum that are called `of` from the threshold on."""
        if of not in self._sorted:
            a = self._audited
            rows = np.flatnonzero(a.predicted == of)
            order = rows[np.lexsort((a.probability[rows], a.stratum[rows]))]
            ends = np.searchsorted(a.stratum[order], np.arange(1, self._n_strata))
            self._sorted[of] = np.split(a.probability[order], ends)
        return np.array(
            [len(p) - np.searchsorted(p, threshold) for p in self._sorted[of]], dtype=np.int64
        )

    def _is_out(self, of: int, threshold: float) -> NDArray[np.bool_]:
        a, drawn = self._audited, self._drawn
        found: NDArray[np.bool_] = (a.predicted[drawn] == of) & (a.probability[drawn] >= threshold)
        return found

    def _found(self, of: int, threshold: float) -> dict[Hashable, Draw]:
        """Boxes of the class among those that come out by the classifier, and among all others."""
        is_out, drawn = self._is_out(of, threshold), self._drawn
        is_of = self._audited.answer[drawn] == of
        sizes = self._sizes(of, threshold)
        inside = Draw(self._count(drawn[is_out & is_of]), self._count(drawn[is_out]), sizes)
        others = Draw(
            self._count(drawn[~is_out & is_of]), self._count(drawn[~is_out]), self._size_of - sizes
        )
        return {("found", of, True): inside, ("found", of, False): others}

    def _cells(self, of: int, threshold: float) -> Cells:
        """Counts as :func:`~cryoal.estimate.cells.count_cells` makes them, of this class alone."""
        a, n, drawn = self._audited, self._audited.n_classes, self._drawn
        is_out = self._is_out(of, threshold)
        answer = a.answer[drawn]

        def of_class(counts: Counts) -> Counts:
            full = np.zeros((self._n_strata, n, 2), np.int64)
            full[:, of, 1] = counts
            return full

        answers = np.zeros((self._n_strata, n, n), np.int64)
        answers[:, of, of] = self._count(drawn[answer == of])  # called whatever: only sums are used
        is_known_out = (a.known_out == of) & (a.known_probability >= threshold)
        known_out, known_right = (np.zeros((n, 2), np.int64) for _ in range(2))
        known_out[of, 1] = is_known_out.sum()
        known_right[of, 1] = (is_known_out & (a.known == of)).sum()
        return Cells(
            thresholds=(0.0, threshold),
            size=of_class(self._sizes(of, threshold)),
            drawn=of_class(self._count(drawn[is_out])),
            named=of_class(self._count(drawn[is_out & (answer >= 0)])),
            right=of_class(self._count(drawn[is_out & (answer == of)])),
            answers=answers,
            known_out=known_out,
            known_right=known_right,
            known=np.bincount(a.known, minlength=n).astype(np.int64),
        )
