"""Who may be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import without_audit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.labels import Standing

__all__ = ["eligible"]


def eligible(campaign: Campaign, standing: Standing | None = None) -> NDArray[np.int64]:
    """Positions in the pool of all that may be asked, in pool order.

    Left out: what has been answered in any way, what is kept for measuring, and boxes of which less
    than ``pool.min_inside`` lies inside their tomogram. Boxes of the audit are in, answered or not:
    a choice that knew them would leave an audit that is no fair sample. The answers are those of
    now without `standing`.
    """
    pool = campaign.pool
    standing = without_audit(campaign, standing or campaign.standing())
    spoken_for = [*standing.labelled, *standing.abstained, *standing.disputed]
    free = np.asarray(pool.inside_fraction >= campaign.config.pool.min_inside)
    free[pool.index([*spoken_for, *campaign.test_labels()])] = False
    return np.flatnonzero(free)
