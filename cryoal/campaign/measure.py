"""How good a teacher is on candidates that it never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.training.metrics import measure as count
from cryoal.training.predict import predict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.config import Config
    from cryoal.data.pool import Pool
    from cryoal.models.pairs import Pair

__all__ = ["measure"]


def measure(
    pair: Pair, pool: Pool, test: Mapping[str, str], config: Config
) -> dict[str, Any] | None:
    """Accuracy, macro-F1, and the metrics of each class on the test set; None when there is none.

    Called once after a training: what it returns reaches reports only, and no decision.
    """
    if not test:
        return None
    number = {name: i for i, name in enumerate(config.classes)}
    truth = np.array([number[name] for name in test.values()])
    field = "teacher_log_posterior"
    precision = config.train.precision
    teacher = predict(pair, pool, pool.index(list(test)), [field], precision=precision)[field]
    metrics = count(truth, teacher.argmax(axis=1), len(config.classes))
    return {
        "n": len(test),
        "accuracy": metrics.accuracy,
        "macro_f1": metrics.macro_f1,
        "classes": list(config.classes),
        "recall": metrics.recall.tolist(),
        "precision": metrics.precision.tolist(),
        "f1": metrics.f1.tolist(),
        "support": metrics.support.tolist(),
        "confusion": metrics.confusion.tolist(),
    }
