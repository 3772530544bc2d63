"""What an audit says, in words: the only sentences, with those of a test set, that say accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.assess import assess
from cryoal.campaign.called import called_by
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.campaign.assess import Assessment
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.predictions_table import Predictions
    from cryoal.estimate.audit import Estimate

__all__ = [
    "more_said",
    "number_said",
    "said_of_assessment",
    "said_of_boxes",
    "said_of_export",
    "share_said",
]

TOLD = (0.9,)
"""Thresholds of which ``status`` and ``classify`` tell; the report tells all."""


def said_of_assessment(found: Assessment) -> list[str]:
    """Where the audit stands and what it says, a few lines."""
    lines = [said_of_boxes(found)]
    told = found.estimates
    if told is None:
        return [*lines, f"accuracy  unknown: {found.why_not}"] if found.n_audit else lines
    late = "; labels or boxes came since" if found.is_late else ""
    lines.append(
        f"accuracy  {share_said(told.accuracy)} of {found.boxes} boxes, as they come out of the "
        f"last classification{late}"
    )
    lines.append(f"          {more_said(found)}")
    if told.blind:
        lines.append(f"          {_blind_said(told.blind)}")
    if found.n_asked:
        lines.append(f"          {_asked_said(found.n_asked)} left out")
    width = max(len(name) for name in found.classes)
    for name, of in zip(found.classes, told.classes, strict=True):
        lines.append(
            f"  {name:<{width}}  precision {share_said(of.precision)}; "
            f"recall {share_said(of.recall)}; boxes {number_said(of.count)}"
        )
    if found.novel is not None:
        lines.append(
            f"  too novel for a class: {how_many(found.n_novel, 'box')}, those of the audit "
            "among them; "
            f"{share_said(found.novel)} of a class without labels, or of none that can be named"
        )
    lines += [
        f"  at p >= {row.t:g}: {how_many(row.out, 'box')}, {share_said(row.right)} right"
        for row in told.thresholds
        if row.of is None and row.t in TOLD
    ]
    return lines


def said_of_boxes(found: Assessment) -> str:
    """Where the audit stands: one line."""
    if not found.n_audit:
        return f"audit     {found.why_not.removeprefix('the audit ')}"
    done = found.n_audit - found.n_open
    line = f"audit     {done} of {how_many(found.n_audit, 'box')} answered"
    if found.estimates is not None and found.estimates.n_not_named:
        line += f", {found.estimates.n_not_named} of them could not be named"
    if found.n_left:
        line += f"; {found.n_left} went over to the labels"
    if found.n_given:
        line += f"; {found.n_given} were given to training"
    return line


def said_of_export(
    campaign: Campaign,
    predictions: Predictions,
    only_class: str | None = None,
    min_probability: float = 0.0,
    least: Mapping[str, float] | None = None,
) -> list[str]:
    """How many of the boxes that go out are right: one line, and none where no audit was drawn.

    `least`: the probability from which on boxes of a class go out, by class, where that differs.
    """
    table = called_by(predictions, campaign.config.classifier.novel)
    wanted = [*((least or {}).get(name, 0.0) for name in campaign.config.classes), 2.0]  # for none
    goes_out = table.probability >= np.maximum(min_probability, np.array(wanted)[table.called])
    found = assess(campaign, predictions=predictions, goes_out=goes_out, thresholds=(0.5,))
    if found is None:
        return []
    told = found.estimates
    if told is None:
        return [f"how many of them are right is unknown: {found.why_not}"]
    of = None if only_class is None else found.classes.index(only_class)
    right = next(row.right for row in told.thresholds if row.of == of)
    line = f"right, by the audit: {share_said(right)}, {_behind(right.n)}"
    if found.n_asked:
        line += f"; {_asked_said(found.n_asked)} not judged"
    if told.blind and right.low < right.high:  # else nothing goes out but what experts named
        line += f"; {_blind_said(told.blind)}"
    return [line]


def share_said(of: Estimate) -> str:
    """A share in percent, with its interval."""
    value = "unknown" if of.value is None else f"{100 * of.value:.1f} %"
    return f"{value} ({100 * of.low:.1f} to {100 * of.high:.1f})"


def number_said(of: Estimate) -> str:
    """A number of boxes, with its interval."""
    value = "unknown" if of.value is None else f"{of.value:.0f}"
    return f"{value} ({of.low:.0f} to {of.high:.0f})"


def _asked_said(n: int) -> str:
    return how_many(n, "box that a query asks is", "boxes that a query asks are")


def _blind_said(n: int) -> str:
    """Of boxes of which no audit box tells."""
    return how_many(
        n,
        "box came later, and is no audit box with an answer: it could be anything",
        "boxes came later, and no audit box among them has an answer: they could be anything",
    )


def _behind(n: int) -> str:
    return f"{how_many(n, 'audit box')} behind it"


def more_said(found: Assessment) -> str:
    """How wide the interval of the accuracy is, and what a larger audit would make of it."""
    now = f"+- {100 * found.half_width:.1f} points"
    if found.n_open:
        return f"{now}; {found.n_open} more are drawn already"
    if found.half_width_then >= found.half_width:
        return now
    return f"{now}; {found.extra} more audit boxes for +- {100 * found.half_width_then:.1f}"
