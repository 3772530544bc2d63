"""How like what nobody could name each box is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.described import current_columns
from cryoal.campaign.free_rows import free_rows
from cryoal.campaign.novelty import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress

__all__ = ["likes_of_unsure"]

FEWEST = 3
"""Boxes that nobody could name before their likes are asked less: fewer may be chance."""


def likes_of_unsure(
    campaign: Campaign, labels: Mapping[str, str], unsure: Collection[str], progress: Progress
) -> Callable[[NDArray[np.int64]], NDArray[np.float64]] | None:
    """What tells, by place in the pool, how probably a box is of the kind that nobody could name.

    None where too few are known, or descriptors have no say in this campaign.
    """
    others = sorted(set(unsure) - set(labels))
    if len(others) < FEWEST or not labels or campaign.config.classifier.use == "pair":
        return None
    from cryoal.heads.choose import fit_heads

    pool, columns = campaign.pool, current_columns(campaign, progress)
    n_classes = len(campaign.config.classes)
    number = {name: i for i, name in enumerate(campaign.config.classes)}
    known = pool.index([*labels, *others])
    free = free_rows(campaign, [*labels, *others], "unsure")
    moments = {name: columns.moments(name) for name in columns.names}
    heads = fit_heads(
        rows_of(columns, known),
        np.array([number[name] for name in labels.values()] + [n_classes] * len(others)),
        n_classes + 1,
        mean_std={name: (m.mean, m.deviation) for name, m in moments.items()},
        seed=campaign.config.seed,
        unlabelled=rows_of(columns, free),
        groups=pool.group[known],
    )

    def tell(index: NDArray[np.int64]) -> NDArray[np.float64]:
        told = heads.log_posterior(rows_of(columns, index))[:, n_classes]
        return np.exp(told.astype(np.float64))

    return tell
