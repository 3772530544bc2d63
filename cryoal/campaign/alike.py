"""The boxes that are most like some given ones, for whoever looks around: nothing is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.campaign.described import current_columns
from cryoal.campaign.find import known_rows, likeness_of
from cryoal.errors import ConfigError
from cryoal.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress

__all__ = ["Alike", "alike"]


class Alike(NamedTuple):
    """Boxes and how like the examples they are, the most like first; examples begin."""

    keys: list[str]
    likeness: NDArray[np.float32]
    """In [-1, 1]; 1 of the examples."""


def alike(
    campaign: Campaign, like: Sequence[str], n: int = 40, *, progress: Progress = SILENT
) -> Alike:
    """The `n` boxes of the pool that are most like those of the keys `like`, labelled ones too.

    As ``cryoal find`` ranks them, but no cycle is written: it is no query, and labels of what is
    shown are those of a queue that somebody chose. Nobody need hold the campaign; where descriptors
    are lacking it is held while they are made, and no encoder learns.

    Fewer where the pool has fewer. Among equals the first of the pool is taken.

    Raises
    ------
    UnknownKeyError
        A key that the pool does not have; the message gives the nearest.
    ConfigError
        `n` is not positive, or no key is given.
    CampaignError
        Descriptors are lacking, and the campaign cannot be written to.
    CampaignBusyError
        They are lacking, and another process holds the campaign.
    """
    if n < 1:
        raise ConfigError(f"expected at least 1 box to look for, found {n}")
    examples = known_rows(campaign, like)
    columns = current_columns(campaign, progress, may_learn=False, hold="find")
    score = likeness_of(campaign, columns, np.arange(len(campaign.pool)), examples)
    score[examples] = np.inf
    best = np.argsort(-score, kind="stable")[:n]
    keys = [str(key) for key in campaign.pool.keys[best]]
    return Alike(keys, np.minimum(score[best], 1.0).astype(np.float32))
