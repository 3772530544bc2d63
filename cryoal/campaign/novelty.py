"""How unlike everything answered each box of the pool is: a column of ``predictions.csv``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.free_rows import free_rows
from cryoal.novelty.unlike import Novelty, fit_novelty

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier
    from cryoal.descriptors.columns import Columns

__all__ = ["learn_novelty", "novelty_of", "rows_of"]


def novelty_of(
    campaign: Campaign, classifier: Classifier, labels: dict[str, str]
) -> Novelty | None:
    """What tells how novel boxes are, by all their descriptors; None: nothing does.

    In (0, 1): the share of labelled boxes that are less novel when they are held out
    (:class:`cryoal.novelty.unlike.Novelty`).

    Parameters
    ----------
    labels
        What the classifier learnt from, class by key. What nobody could name is as novel as it is:
        it has no label, and its likes would come out as one of the classes.
    """
    found = learn_novelty(campaign, classifier, labels, ())
    return None if found is None or found.held_out is None else found


def learn_novelty(
    campaign: Campaign,
    classifier: Classifier,
    labels: dict[str, str],
    unsure: Collection[str],
    *,
    hold_out: bool = True,
) -> Novelty | None:
    """What is new beside `labels`, class by key.

    None where no descriptors are at hand: the classifier is the pair alone.

    Parameters
    ----------
    unsure
        Boxes that are known to be there although nobody could name them, as one class more.
    hold_out
        Hold labelled boxes out, so that it is known how novel these would be; it takes five times
        as long.
    """
    columns, heads = classifier.columns, classifier.heads
    if columns is None or heads is None or not labels:
        return None
    pool, n_classes = campaign.pool, len(campaign.config.classes)
    number = {name: i for i, name in enumerate(campaign.config.classes)}
    others = sorted(set(unsure) - set(labels))
    known = pool.index([*labels, *others])
    classes = np.array([number[name] for name in labels.values()] + [n_classes] * len(others))
    free = free_rows(campaign, [*labels, *others], "novelty")
    if not len(free):
        return None
    moments = {name: columns.moments(name) for name in columns.names}
    unlabelled = rows_of(columns, free)
    held_out = None
    if hold_out and heads.held_out is not None:
        nobody_said = np.full((len(others), n_classes + 1), 1.0 / (n_classes + 1))
        held_out = np.concatenate([_wider(heads.held_out), nobody_said])
    return fit_novelty(
        rows_of(columns, known),
        classes,
        unlabelled,
        _wider(heads.log_posterior(unlabelled)),
        mean_std={name: (m.mean, m.deviation) for name, m in moments.items()},
        seed=campaign.config.seed,
        held_out=held_out,
        groups=pool.group[known],
    )


def rows_of(columns: Columns, index: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """All descriptors of the boxes at these places."""
    return {name: columns.read(name, index) for name in columns.names}


def _wider(log_posterior: NDArray[np.floating]) -> NDArray[np.float64]:
    """The posterior, and a column for what nobody could name, which no classifier knows."""
    told = np.exp(log_posterior.astype(np.float64))
    return np.concatenate([told, np.zeros((len(told), 1))], axis=1)
