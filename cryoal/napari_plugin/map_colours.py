"""By what the points of the map are coloured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.overview import NONE
from cryoal.marks import OPEN
from cryoal.napari_plugin.point_cloud import Colouring, argb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.overview import Overview
    from cryoal.marks import Mark

__all__ = ["COLOURINGS", "colouring_of"]

COLOURINGS = {
    "class": "class now",
    "label": "your labels",
    "doubt": "doubt",
    "tomogram": "tomogram",
}
"""What is to be chosen, and in which words."""

SPREAD = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
"""Five colours of viridis (van der Walt and Smith 2015), dark for sure, light for doubt: their
order is seen without colour, too."""
MANY = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b8a800")


def colouring_of(
    boxes: Overview,
    rows: NDArray[np.int64],
    by: str,
    marks: Mapping[str, Mark],
    *,
    is_blind: bool,
) -> Colouring:
    """The look of the boxes `rows`; nothing predicted is told of those that measure the classifier.

    Parameters
    ----------
    by
        One of :data:`COLOURINGS`.
    is_blind
        Whether nothing predicted may be told of any.
    """
    if by == "doubt":
        return _by_doubt(boxes, rows, is_blind=is_blind)
    if by == "tomogram":
        n = len(boxes.tomogram_names)
        palette = [argb(MANY[place % len(MANY)]) for place in range(n)]
        return _coloured(boxes.tomogram[rows].astype(np.int16), palette, boxes.tomogram_names)
    kind = boxes.label if by == "label" or is_blind else boxes.shown
    found = kind[rows].copy()
    hidden = boxes.is_held[rows]
    found[hidden] = boxes.label[rows][hidden]
    return _coloured(found, [argb(marks[name].colour) for name in boxes.classes], boxes.classes)


def _by_doubt(boxes: Overview, rows: NDArray[np.int64], *, is_blind: bool) -> Colouring:
    doubt = boxes.doubt[rows]
    steps = len(SPREAD)
    kind = np.full(len(rows), NONE, np.int16)
    told = ~np.isnan(doubt) & ~boxes.is_held[rows] & (not is_blind)
    kind[told] = np.minimum((doubt[told] * steps).astype(np.int16), steps - 1)
    names = tuple(f"{k / steps:.1f} to {(k + 1) / steps:.1f}" for k in range(steps))
    return _coloured(kind, [argb(colour) for colour in SPREAD], names)


def _coloured(kind: NDArray[np.int16], palette: list[int], names: Sequence[str]) -> Colouring:
    """What has no kind is grey."""
    table = np.array([*palette, argb(OPEN.colour)], np.uint32)  # the last one is that of -1
    return Colouring(table[kind], kind, tuple(names))
