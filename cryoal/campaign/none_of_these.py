"""What is said of the most novel boxes, and of those that get no class for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import without_audit
from cryoal.campaign.open_classes import classes_without_labels
from cryoal.commands import command
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.predictions_table import Predictions
    from cryoal.data.labels import Standing

__all__ = ["said_of_novel"]


def said_of_novel(campaign: Campaign, standing: Standing, predictions: Predictions) -> list[str]:
    """Lines to print after a classification; none where nothing tells how novel boxes are.

    How many boxes get no class because they are novel; and while there is a class without labels,
    the box to begin with. How many of the former are right is for the audit to tell.
    """
    if predictions.novelty is None or not predictions.keys:
        return []
    lines = []
    if (limit := campaign.config.classifier.novel) < 1.0:
        n = int(predictions.is_by("novel").sum())
        lines.append(
            f"{how_many(n, 'box gets', 'boxes get')} no class: more novel than {limit:g} of the "
            "labelled boxes that were held out"
        )
    free = predictions.is_by("classifier") | predictions.is_by("novel")
    labels = without_audit(campaign, standing).labelled
    if classes_without_labels(campaign, labels) and free.any():
        most = np.flatnonzero(free)[np.argmax(predictions.novelty[free])]
        key = predictions.keys[most]
        look = command("find", campaign.typed, "--like", key)
        lines.append(f"the most novel box is {key}; for more like it: {look}")
    return lines
