"""What an audit says of a classification of the whole pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.estimate.cells import NOT_DRAWN, Audited, Cells, Draw, count_cells
from cryoal.estimate.span import Span, share_of, sum_of
from cryoal.estimate.strata import share_ends, total

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = [
    "THRESHOLDS",
    "Estimate",
    "Estimates",
    "From",
    "OfClass",
    "estimate_of",
    "estimates",
    "half_width_with",
    "right_of",
    "share_called",
    "totals_of",
]

THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Probabilities from which on boxes are told of."""

NOTHING_KNOWN = Span(np.array(np.nan), np.array(0.0), np.array(1.0))


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval."""

    value: float | None
    """None where no audit box says anything of it."""
    low: float
    high: float
    n: int
    """Audit boxes behind it."""


@dataclass(frozen=True)
class OfClass:
    """What is known of one class."""

    out: int
    """Boxes that come out as this class."""
    precision: Estimate
    """Share of these that are of it."""
    recall: Estimate
    """Share of the boxes of this class that come out as it."""
    count: Estimate
    """Boxes of this class in the pool."""


@dataclass(frozen=True)
class From:
    """Boxes that come out with a probability of at least `t`."""

    t: float
    of: int | None
    """The class as which they come out; None: any."""
    out: int
    """How many they are."""
    right: Estimate
    """Share of them whose class is right."""


@dataclass(frozen=True)
class Estimates:
    """What an audit says of the boxes that can be named, as they come out of the pool.

    Labelled boxes and audit boxes with an answer come out with the expert's class, the others with
    the classifier's.
    """

    accuracy: Estimate
    """Share of all whose class is right."""
    of_classifier: Estimate
    """Share of those without a label about which the classifier is right."""
    classes: tuple[OfClass, ...]
    thresholds: tuple[From, ...]
    n: int
    """Audit boxes with an answer."""
    n_not_named: int
    """Those of them that nobody could name."""
    blind: int
    """Boxes in strata of which no audit box has an answer."""


def estimates(audited: Audited, thresholds: Sequence[float] = THRESHOLDS) -> Estimates:
    """Accuracy, and of each class precision, recall and count, with intervals.

    Everything is a total of boxes in a part of the pool that is known from the predictions (boxes
    that are called ring, say), in which the audit is a random sample of each stratum: see
    :func:`~cryoal.estimate.strata.total`. A count is what is found among the boxes called by that
    class and what is found among the others, each with its own interval (so a prediction helps:
    post-stratification, which for classes is the difference estimator of prediction-powered
    inference); recall is the share of the first in both.
    """
    cells = count_cells(audited, thresholds)
    classes = range(audited.n_classes)
    steps = range(1, len(cells.thresholds))
    draws: dict[Hashable, Draw] = {("right", None, 0): cells.called(None, 0)}
    draws |= {("right", c, 0): cells.called(c, 0) for c in classes}
    draws |= {("right", c, t): cells.called(c, t) for t in steps for c in (None, *classes)}
    draws |= {
        ("found", c, so): cells.found(c, called_so=so) for c in classes for so in (True, False)
    }
    drawn = cells.drawn[:, :, 0].sum(axis=1)
    totals = totals_of(draws, drawn > 0)
    everywhere = draws["right", None, 0]
    n_named = int(everywhere.drawn.sum())
    return Estimates(
        accuracy=right_of(cells, draws, totals, None, 0)[1],
        of_classifier=estimate_of(
            totals["right", None, 0].scaled(1 / max(int(everywhere.size.sum()), 1)), n_named
        ),
        classes=tuple(_of_class(cells, draws, totals, c) for c in classes),
        thresholds=tuple(
            From(cells.thresholds[t], c, *right_of(cells, draws, totals, c, t))
            for t in steps
            for c in (None, *classes)
        ),
        n=int(drawn.sum()),
        n_not_named=int(drawn.sum()) - n_named,
        blind=int(cells.size[:, :, 0].sum(axis=1)[drawn == 0].sum()),
    )


def share_called(audited: Audited, called: int, of: Sequence[int]) -> Estimate:
    """Of the boxes without a label that are called `called`, the share that is one of `of`.

    :data:`~cryoal.estimate.cells.NOT_NAMED` may be among these.
    """
    at = audited.predicted == called
    n_strata = int(audited.stratum.max(initial=-1)) + 1
    is_drawn, is_of = audited.answer != NOT_DRAWN, np.isin(audited.answer, of)

    def count(rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(audited.stratum[rows], minlength=n_strata)

    draw = Draw(count(at & is_of), count(at & is_drawn), count(at))
    found = total(*draw, count(is_drawn) > 0).scaled(1 / max(int(draw.size.sum()), 1))
    return estimate_of(found, int(draw.drawn.sum()))


def half_width_with(audited: Audited, extra: int) -> float:
    """Half of the width that the interval of the accuracy is to have after `extra` boxes more.

    If they are drawn by size from all strata, those without a draw so far among them, and are as
    those that came. With 0 it is the half width of now, apart from what whole numbers make of it.
    """
    cells = count_cells(audited, ())
    draw = cells.called(None, 0)
    n, size = int(draw.drawn.sum()), int(draw.size.sum())
    if not n:
        return 0.5
    left = draw.size - draw.drawn
    wanted = draw.drawn + min(1.0, extra / max(int(left.sum()), 1)) * left
    of_all = float((draw.hits / np.maximum(draw.drawn, 1) * draw.size)[draw.drawn > 0].sum())
    of_all /= int(draw.size[draw.drawn > 0].sum())
    hits = wanted * np.where(draw.drawn > 0, draw.hits / np.maximum(draw.drawn, 1), of_all)
    is_seen = wanted > 0
    low, high = share_ends(hits, wanted, np.where(is_seen, draw.size, 0))
    blind = int(draw.size[~is_seen].sum())
    unsure = (size - blind) * (high - low) + blind
    return float(unsure / (len(audited.known) + size) / 2)


def totals_of(
    draws: Mapping[Hashable, Draw], is_sampled: NDArray[np.bool_]
) -> dict[Hashable, Span]:
    """Every total that is needed, in one call."""
    hits, drawn, size = (np.stack(part) for part in zip(*draws.values(), strict=True))
    spans = total(hits, drawn, size, is_sampled)
    return {name: Span(*(ends[i] for ends in spans)) for i, name in enumerate(draws)}


def right_of(
    cells: Cells,
    draws: Mapping[Hashable, Draw],
    totals: Mapping[Hashable, Span],
    of: int | None,
    at: int,
) -> tuple[int, Estimate]:
    """Boxes that come out as `of` from a threshold on, and the share of them that is right."""
    of_ = slice(None) if of is None else of
    experts = int(cells.answers[:, :, of_].sum())
    known_out, known_right = (int(x[of_, at].sum()) for x in (cells.known_out, cells.known_right))
    draw = draws["right", of, at]
    others = int((draw.size - draw.drawn).sum())  # nobody looked at them
    right = totals["right", of, at].shifted(known_right + experts - int(draw.hits.sum()))
    all_ = known_out + experts + others
    size, drawn = (int(x[:, of_, at].sum()) for x in (cells.size, cells.drawn))
    share = right.scaled(1 / max(all_, 1)) if all_ else NOTHING_KNOWN
    behind = int(draw.drawn.sum())
    return known_out + experts + size - drawn, estimate_of(share, behind, is_known=others == 0)


def _of_class(
    cells: Cells, draws: Mapping[Hashable, Draw], totals: Mapping[Hashable, Span], c: int
) -> OfClass:
    out, precision = right_of(cells, draws, totals, c, 0)
    experts, known = int(cells.answers[:, :, c].sum()), int(cells.known[c])
    known_right = int(cells.known_right[c, 0])
    hit, missed = totals["found", c, True], totals["found", c, False]
    n_hit, n_missed = (int(draws["found", c, so].hits.sum()) for so in (True, False))
    # Audit boxes come out with the expert's class: none of those that were looked at is missed.
    comes_out = hit.shifted(experts - n_hit + known_right)
    is_lost = missed.shifted(known - known_right - n_missed)
    return OfClass(
        out=out,
        precision=precision,
        recall=estimate_of(share_of(comes_out, is_lost), experts, fewest=2),
        count=estimate_of(
            sum_of(hit, missed).shifted(known), int(cells.drawn[:, :, 0].sum()), is_known=True
        ),
    )


def estimate_of(span: Span, n: int, *, fewest: int = 1, is_known: bool = False) -> Estimate:
    """A span as it is told: without a value where fewer than `fewest` audit boxes are behind it.

    `is_known`: the value needs no audit box.
    """
    value = float(span.value)
    is_told = (n >= fewest or is_known) and not np.isnan(value)
    return Estimate(value if is_told else None, float(span.low), float(span.high), n)
