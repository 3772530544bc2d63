"""What is measured in a cycle of a study; none of it reaches a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.scoring.predict import predict
from cryoal.training.metrics import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.study.dataset import Dataset
    from cryoal.training.loaders import BoxSource

__all__ = ["accuracy", "bound", "high_gradients", "of_picks", "on_test", "predictions"]

TEACHER, STUDENT = "teacher_log_posterior", "student_log_posterior"


def predictions(
    team: Team, source: BoxSource, index: NDArray[np.int64], config: Config
) -> NDArray[np.int64]:
    """``(n,)``: the teacher's class of each."""
    found = predict(team, source, index, [TEACHER], precision=config.train.precision)
    classes: NDArray[np.int64] = found[TEACHER].argmax(axis=1)
    return classes


def accuracy(
    team: Team,
    source: BoxSource,
    index: NDArray[np.int64],
    truth: NDArray[np.int64],
    config: Config,
) -> float | None:
    """Share of the teacher's classes that are right; None without inputs."""
    if not len(index):
        return None
    return float((predictions(team, source, index, config) == truth).mean())


def on_test(team: Team, data: Dataset, config: Config) -> dict[str, Any]:
    """Accuracy, macro-F1, recall of each class on the test set, and the student's accuracy."""
    fields = [TEACHER, *([STUDENT] if "student" in team.companions else [])]
    found = predict(team, data.source, data.test, fields, precision=config.train.precision)
    truth = data.targets[data.test]
    metrics = measure(truth, found[TEACHER].argmax(axis=1), len(data.classes))
    student = found[STUDENT].argmax(axis=1) == truth if STUDENT in found else None
    return {
        "accuracy": metrics.accuracy,
        "macro_f1": metrics.macro_f1,
        "recall": metrics.recall.tolist(),
        "support": metrics.support.tolist(),
        "classes": list(data.classes),
        "student_accuracy": None if student is None else float(student.mean()),
    }


def of_picks(
    team: Team, data: Dataset, picked: NDArray[np.int64], config: Config
) -> dict[str, Any]:
    """How many were right of those just picked, before their labels are known (Sec. III-C)."""
    right = accuracy(team, data.source, picked, data.targets[picked], config)
    return {"n_picked": len(picked), "picked_accuracy": right}


def high_gradients(
    team: Team,
    data: Dataset,
    subset: NDArray[np.int64],
    picked: NDArray[np.int64],
    config: Config,
) -> dict[str, Any]:
    """How many picks are among as many candidates of the highest gradient norm (Table III)."""
    field = "gradient_norm"
    norms = predict(team, data.source, subset, [field], precision=config.train.precision)[field]
    highest = subset[np.argsort(-norms, kind="stable")[: len(picked)]]
    return {"high_gradient": int(np.isin(picked, highest).sum())}


def bound(team: Team, data: Dataset, subset: NDArray[np.int64], config: Config) -> dict[str, float]:
    """The terms of eq. 6 over R_U: ``||p_T - y|| <= ||p_T - p_S|| + ||p_S - y||``, means.

    Returns
    -------
    dict
        `distance` D between teacher and student, `error` of the student, task `loss` of the
        teacher, and `slack`, the mean of what the bound leaves: never negative.
    """
    found = predict(team, data.source, subset, [TEACHER, STUDENT], precision=config.train.precision)
    p, q = (np.exp(found[field].astype(np.float64)) for field in (TEACHER, STUDENT))
    y = np.eye(len(data.classes))[data.targets[subset]]
    distance, error, loss = (np.linalg.norm(x, axis=1) for x in (p - q, q - y, p - y))
    terms = {"distance": distance, "error": error, "loss": loss, "slack": distance + error - loss}
    return {name: float(values.mean()) for name, values in terms.items()}
