"""A share of each query for what is new, while a class of the campaign has no label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.described import current_columns
from cryoal.campaign.find import directions_of
from cryoal.campaign.novelty import learn_novelty, rows_of
from cryoal.campaign.open_classes import classes_without_labels
from cryoal.campaign.subset import Explored
from cryoal.novelty.outlying import AMONG, outlying, spread_out
from cryoal.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier
    from cryoal.descriptors.columns import Columns
    from cryoal.progress import Progress

__all__ = ["explore"]

MOST = 20_000
"""Candidates among which the novel are looked for."""


def explore(
    campaign: Campaign,
    m: int,
    candidates: NDArray[np.int64],
    classifier: Classifier | None,
    labels: dict[str, str],
    unsure: Collection[str],
    rng: np.random.Generator,
    progress: Progress = SILENT,
) -> Explored:
    """The share ``query.explore`` of `m` boxes: the most novel of `candidates`, and varied.

    Nothing once every class of the campaign has a label, or where the pair alone classifies.
    Before there is a classifier the boxes that lie farthest from the pool's Gaussian are taken: a
    query that asks what is typical passes over a class of which there are few.
    """
    missing = classes_without_labels(campaign, labels)
    n = round(campaign.config.query.explore * m)
    if not n or not missing or campaign.config.classifier.use == "pair":
        return Explored([], "")
    if classifier is not None and classifier.columns is None:
        return Explored([], "")
    columns = current_columns(campaign, progress) if classifier is None else classifier.columns
    assert columns is not None
    some = rng.permutation(candidates)[:MOST]
    if classifier is None:
        novelty: NDArray[np.floating] = outlying(rows_of(columns, some), _mean_std(columns))
        why = "far from all others"
    else:
        found = learn_novelty(campaign, classifier, labels, unsure, hold_out=False)
        if found is None:
            return Explored([], "")
        novelty = found.log_odds(rows_of(columns, some))
        why = "the most novel"
    among = np.argsort(-novelty, kind="stable")[: AMONG * n]
    directions = directions_of(campaign, columns)(rows_of(columns, some[among]))
    chosen = some[among[spread_out(directions, novelty[among], n)]]
    keys = [str(key) for key in campaign.pool.keys[chosen]]
    of = f"; no label yet of {', '.join(missing)}" if labels else ""
    return Explored(
        keys, f"{len(keys)} of {m} {'is' if len(keys) == 1 else 'are'} asked for being {why}{of}"
    )


def _mean_std(columns: Columns) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    moments = {name: columns.moments(name) for name in columns.names}
    return {name: (m.mean, m.deviation) for name, m in moments.items()}
