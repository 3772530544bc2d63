"""Both sides of a probability that boxes of a class have to reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.commands import command
from cryoal.errors import CampaignError

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.threshold import Side, Thresholds
    from cryoal.estimate.audit import Estimate
    from cryoal.records import Json

__all__ = ["SHOWN", "told"]

SHOWN = 6
"""Boxes of each side."""


def told(
    campaign: Campaign, thresholds: Thresholds, name: str, p: float, *, blind: bool
) -> dict[str, Json]:
    """How many boxes are above and below, those next to it, and what the audit says.

    Raises
    ------
    CampaignError
        The review hides suggestions.
    ConfigError, UnknownNameError
        No such class, or `p` is no probability.
    """
    if blind:
        raise CampaignError("expected a review that shows suggestions, found one that hides them")
    side = thresholds.at(name, p)
    return {
        "n_kept": side.n_kept,
        "n_left": side.n_left,
        "above": side.above[:SHOWN].tolist(),
        "below": side.below[:SHOWN].tolist(),
        "told": _counts(side),
        "audit": _audit(side),
        "is_audited": side.precision is not None,
        "command": command(
            *("export", campaign.typed, "--class", name, "--min-probability", f"{p:g}"),
            *("--to", "relion5", "--output", "FILE.star"),
        ),
    }


def _counts(side: Side) -> str:
    n = side.n_kept + side.n_left
    labelled = f"; {side.n_labelled:,} more by the expert" if side.n_labelled else ""
    return (
        f"{side.n_kept:,} of {n:,} boxes classified as {side.class_name} at {side.p:.2f} or above"
        f"{labelled}"
    )


def _audit(side: Side) -> str:
    """In one line; why there is nothing to say, where there is not."""
    if side.precision is None or side.recall is None:
        return side.why_not
    right = f"right: {_said(side.precision)}"
    found = f"of all {side.class_name} found: {_said(side.recall)}"
    return f"by the audit, {right}; {found}"


def _said(estimate: Estimate) -> str:
    """A share with its interval.

    Examples
    --------
    >>> from cryoal.estimate.audit import Estimate
    >>> _said(Estimate(0.93, 0.85, 0.97, 60)), _said(Estimate(None, 0.0, 1.0, 0))
    ('93 % (85 to 97 %, from 60 audit boxes)', 'unknown')
    """
    if estimate.value is None:
        return "unknown"
    low, high = f"{100 * estimate.low:.0f}", f"{100 * estimate.high:.0f}"
    return f"{100 * estimate.value:.0f} % ({low} to {high} %, from {estimate.n} audit boxes)"
