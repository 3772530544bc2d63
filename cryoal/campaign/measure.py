"""How good a teacher is on candidates that it never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.scoring.predict import predict
from cryoal.training.metrics import measure as count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.data.pool import Pool

__all__ = ["measure"]


def measure(
    team: Team, pool: Pool, test: Mapping[str, str], config: Config
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
    teacher = predict(team, pool, pool.index(list(test)), [field], precision=precision)[field]
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
