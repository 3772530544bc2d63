"""How the boxes of each tomogram stand: candidates, labels, classes, doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cryoal.campaign.overview import Overview

__all__ = ["TomogramCounts", "counts_of_tomograms"]


@dataclass(frozen=True)
class TomogramCounts:
    """One tomogram; boxes of the audit and test keys count among its boxes alone."""

    name: str
    n: int
    n_labelled: int
    by_class: tuple[int, ...]
    """Boxes that are of each class now, by the expert or by the classifier."""
    doubt: float
    """Mean over the boxes that the classifier decides, 0 to 1; nan where it decides none."""


def counts_of_tomograms(boxes: Overview) -> list[TomogramCounts]:
    """A line for each tomogram, by name; a million boxes take some ten milliseconds."""
    n_tomograms, n_classes = len(boxes.tomogram_names), len(boxes.classes)
    where = boxes.tomogram
    n = np.bincount(where, minlength=n_tomograms)
    labelled = np.bincount(where[boxes.label >= 0], minlength=n_tomograms)
    is_shown = ~boxes.is_held & (boxes.shown >= 0)
    cell = where[is_shown].astype(np.int64) * n_classes + boxes.shown[is_shown]
    by_class = np.bincount(cell, minlength=n_tomograms * n_classes).reshape(n_tomograms, n_classes)
    is_told = ~boxes.is_held & ~boxes.is_answered & ~np.isnan(boxes.doubt)
    n_told = np.bincount(where[is_told], minlength=n_tomograms)
    doubt = np.bincount(where[is_told], boxes.doubt[is_told], minlength=n_tomograms)
    with np.errstate(invalid="ignore"):
        mean = doubt / n_told
    return [
        TomogramCounts(
            name, int(n[k]), int(labelled[k]), tuple(by_class[k].tolist()), float(mean[k])
        )
        for k, name in enumerate(boxes.tomogram_names)
    ]
