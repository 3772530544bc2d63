"""What is said of the most novel boxes, and of those that get no class for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import audit_now, without_audit
from cryoal.campaign.open_classes import classes_without_labels
from cryoal.commands import command

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.predictions_table import Predictions
    from cryoal.data.labels import Standing

__all__ = ["said_of_novel"]


def said_of_novel(campaign: Campaign, standing: Standing, predictions: Predictions) -> list[str]:
    """Lines to print after a classification; none where nothing tells how novel boxes are.

    How many boxes get no class because they are novel, and how many of those that the audit has
    drawn are of a class without labels; and while there is such a class, the box to begin with.
    """
    if predictions.novelty is None or not predictions.keys:
        return []
    labels = without_audit(campaign, standing).labelled
    missing = classes_without_labels(campaign, labels)
    lines = []
    if (limit := campaign.config.classifier.novel) < 1.0:
        n = sum(who == "novel" for who in predictions.decided_by)
        lines.append(
            f"{n} boxes get no class: more novel than {limit:g} of the labelled boxes that were "
            f"held out{_audited(campaign, standing, predictions, limit, missing)}"
        )
    if missing:
        free = np.array([who in ("classifier", "novel") for who in predictions.decided_by])
        if free.any():
            most = np.flatnonzero(free)[np.argmax(predictions.novelty[free])]
            key = predictions.keys[most]
            look = command("find", campaign.typed, "--like", key)
            lines.append(f"the most novel box is {key}; for more like it: {look}")
    return lines


def _audited(
    campaign: Campaign,
    standing: Standing,
    predictions: Predictions,
    limit: float,
    missing: list[str],
) -> str:
    """What the audit says of boxes above `limit`: shares of their number, whatever the stratum."""
    from cryoal.estimate.intervals import clopper_pearson

    now = audit_now(campaign, standing)
    assert predictions.novelty is not None
    novel = {
        key
        for key, value in zip(predictions.keys, predictions.novelty, strict=True)
        if value > limit
    }
    there = [] if now is None else [name for key, name in now.named.items() if key in novel]
    if not there:
        return "; no box of an audit is among them to say how many are of a class without labels"
    right = sum(name in missing for name in there)
    low, high = (float(end) for end in clopper_pearson(right, len(there)))
    return (
        f"; of {len(there)} of the audit {right} are of a class without labels "
        f"({100 * right / len(there):.0f} %, {100 * low:.0f} to {100 * high:.0f})"
    )
