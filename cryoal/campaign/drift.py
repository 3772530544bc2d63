"""Whether the boxes of one tomogram can be told from those of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.estimate.auroc import auroc
from cryoal.heads.discriminant import Discriminant
from cryoal.heads.standardise import SideBySide
from cryoal.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.descriptors.columns import Columns

__all__ = ["told_apart"]

MOST = 400
"""Boxes that are looked at on either side."""

FEWEST = 20
"""Boxes on either side below which nothing is said: two folds of ten."""


def told_apart(
    campaign: Campaign, columns: Columns, here: NDArray[np.bool_]
) -> tuple[float, float, float] | None:
    """AUROC, with its interval, of a discriminant that tells boxes `here` from the others.

    0.5: their descriptors are as those of the others. It learns from one half along the longest
    axis and is asked about the other, both ways, so that no box has a neighbour on the other side
    but at the middle. Other classes in other tomograms tell them apart too.

    Parameters
    ----------
    here : (n_boxes,)
        Which boxes of the pool.

    Returns
    -------
    tuple or None
        None where fewer than 20 boxes are on a side.
    """
    rng = stream(campaign.config.seed, "drift")
    sides = [np.flatnonzero(side) for side in (here, ~here)]
    if min(map(len, sides)) < FEWEST:
        return None
    rows = [np.sort(rng.choice(s, min(MOST, len(s)), replace=False)) for s in sides]
    moments = {name: columns.moments(name) for name in columns.names}
    together = SideBySide({name: (m.mean, m.deviation) for name, m in moments.items()})
    at = np.concatenate(rows)
    is_here = np.repeat(np.array([1, 0]), [len(one) for one in rows])
    values = together({name: columns.read(name, at) for name in columns.names})
    half = np.concatenate([_half(campaign, one) for one in rows])
    score = np.empty(len(at))
    for held in (False, True):
        learn, ask = half != held, half == held
        fitted = Discriminant().fit(values[learn], is_here[learn], 2)[0]
        logits = fitted.logits(values[ask])
        score[ask] = logits[:, 1] - logits[:, 0]
    return auroc(score[is_here == 1], score[is_here == 0])


def _half(campaign: Campaign, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which lie beyond the middle of their tomogram's boxes, along its longest axis."""
    position = campaign.pool.position_zyx_angstrom[rows]
    out = np.zeros(len(rows), bool)
    tomogram = campaign.pool.tomogram[rows]
    for one in np.unique(tomogram):
        there = tomogram == one
        axis = int(np.argmax(np.ptp(position[there], axis=0)))
        along = position[there, axis]
        out[there] = np.argsort(np.argsort(along, kind="stable")) >= len(along) / 2
    return out
