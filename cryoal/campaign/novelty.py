"""How unlike everything labelled each box of the pool is: a column of ``predictions.csv``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier
    from cryoal.data.labels import Standing

__all__ = ["novelty_of"]


def novelty_of(
    campaign: Campaign, classifier: Classifier, labels: dict[str, str], standing: Standing
) -> Callable[[NDArray[np.int64]], NDArray[np.floating]] | None:
    """What tells the novelty, ``(n,)``, of boxes of the pool, by their places; None: nothing does.

    Parameters
    ----------
    labels
        What the classifier learnt from, class by key.
    standing
        All answers.
    """
    del campaign, classifier, labels, standing
    return None
