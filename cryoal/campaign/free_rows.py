"""A draw of the boxes without a label, for those who learn what there is in the pool."""

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


def free_rows(
    campaign: Campaign, known: Iterable[str], purpose: str = "unlabelled"
) -> NDArray[np.int64]:
    """Positions in the pool, rising, of at most 2,000 boxes that are neither `known` nor test.

    The same draw as long as those keys, the pool, the seed of the config and the purpose, which
    names the stream that is drawn from, are the same.
    """
    spoken_for = {*known, *campaign.test_labels()}
    free = np.setdiff1d(np.arange(len(campaign.pool)), campaign.pool.index([*spoken_for]))
    if len(free) > MOST:
        drawn = stream(campaign.config.seed, purpose)
        free = np.sort(drawn.choice(free, MOST, replace=False))
    return free
