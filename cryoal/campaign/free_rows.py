"""Boxes without a label from which heads learn too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign

__all__ = ["MOST", "free_rows"]

MOST = 2000


def free_rows(campaign: Campaign, labelled: Iterable[str]) -> NDArray[np.int64]:
    """Positions in the pool, rising, of at most 2,000 boxes that are neither labelled nor test.

    The same draw as long as the labels, the pool and the seed of the config are the same.
    """
    spoken_for = {*labelled, *campaign.test_labels()}
    free = np.setdiff1d(np.arange(len(campaign.pool)), campaign.pool.index([*spoken_for]))
    if len(free) > MOST:
        drawn = stream(campaign.config.seed, "unlabelled")
        free = np.sort(drawn.choice(free, MOST, replace=False))
    return free
