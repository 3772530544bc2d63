"""How many boxes of a test set show part of a box that was learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.estimate.apart import overlapping
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryoal.campaign.campaign import Campaign

__all__ = ["n_overlapping", "said_of_overlap"]


def n_overlapping(campaign: Campaign, labelled: Iterable[str]) -> int:
    """Test boxes that share voxels with one of the boxes `labelled`, in the same tomogram."""
    pool = campaign.pool
    learn, measure = np.zeros(len(pool), bool), np.zeros(len(pool), bool)
    learn[pool.index([*labelled])] = True
    measure[pool.index([*campaign.test_labels()])] = True
    _, group = np.unique(np.array(pool.tomogram_names)[pool.tomogram], return_inverse=True)
    edge = pool.box * pool.voxel_spacing
    return int(overlapping(pool.position_zyx_angstrom, group, learn, measure, edge).sum())


def said_of_overlap(n: int, n_test: int) -> str:
    """A sentence of it; empty where no box overlaps."""
    if not n:
        return ""
    who = how_many(n, "box overlaps", "boxes overlap", spec=",")
    return (
        f"{who} a labelled box ({n_test:,} are kept for measuring), so what is measured may be "
        "higher than on boxes apart"
    )
