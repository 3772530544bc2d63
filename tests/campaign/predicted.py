"""A classification as ``cryoal classify`` writes it, of the first boxes of a pool."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from cryoal.campaign.predictions_table import columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign import Campaign


def write_predictions(campaign: Campaign, posterior: Sequence[Sequence[float]]) -> None:
    """The table alone, without what it was made from; a row a box, in pool order."""
    classes = campaign.config.classes
    with (campaign.path / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns_of(classes))
        for key, p in zip(campaign.pool.keys, posterior, strict=False):
            best = classes[max(range(len(classes)), key=lambda at: p[at])]
            rows.writerow([key, best, "classifier", "heads", *p, "", "", "0.5", ""])
