"""How good a classifier is on candidates that it never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.training.metrics import measure as count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier

__all__ = ["measure"]


def measure(
    classifier: Classifier, campaign: Campaign, test: Mapping[str, str]
) -> dict[str, Any] | None:
    """Accuracy, macro-F1, and the metrics of each class on the test set; None when there is none.

    Called when nothing is decided any more: what it returns reaches reports only.
    """
    if not test:
        return None
    pool, classes = campaign.pool, campaign.config.classes
    number = {name: i for i, name in enumerate(classes)}
    truth = np.array([number[name] for name in test.values()])
    log_p = classifier.log_posterior(pool, pool.index(list(test)))
    metrics = count(truth, log_p.argmax(axis=1), len(classes))
    return {
        "n": len(test),
        "accuracy": metrics.accuracy,
        "macro_f1": metrics.macro_f1,
        "classes": list(classes),
        "recall": metrics.recall.tolist(),
        "precision": metrics.precision.tolist(),
        "f1": metrics.f1.tolist(),
        "support": metrics.support.tolist(),
        "confusion": metrics.confusion.tolist(),
    }
