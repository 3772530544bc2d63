"""What is measured in a cycle of a study; none of it reaches a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.companions.student import Student
from cryoal.scoring.pixels import grid_classes, pixel_confusions
from cryoal.scoring.predict import predict
from cryoal.strategies.ties import falling
from cryoal.training.metrics import confusion_matrix, from_confusion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.data.datasets.base import Dataset
    from cryoal.models.base import Network

__all__ = ["accuracy", "bound", "high_gradients", "of_picks", "on_test", "predictions"]

TEACHER, STUDENT = "teacher_log_posterior", "student_log_posterior"


def predictions(
    team: Team, data: Dataset, index: NDArray[np.int64], config: Config
) -> NDArray[np.int64]:
    """The teacher's classes: ``(n,)``, or of a segmentation those of a grid of pixels, flat."""
    precision = config.train.precision
    if data.task == "segmentation":
        return grid_classes(team.teacher, data.source, index, precision=precision).ravel()
    found = predict(team, data.source, index, [TEACHER], precision=precision)
    classes: NDArray[np.int64] = found[TEACHER].argmax(axis=1)
    return classes


def accuracy(
    team: Team,
    data: Dataset,
    index: NDArray[np.int64],
    truth: NDArray[np.integer[Any]],
    config: Config,
) -> float | None:
    """Share of the teacher's classes that are right; None without inputs.

    Of a segmentation the share of the pixels that count, against the masks of `data`.
    """
    if not len(index):
        return None
    if data.task == "classification":
        return float((predictions(team, data, index, config) == truth).mean())
    counts = _pixel_counts({"teacher": team.teacher}, data, index, config)["teacher"]
    return float(np.diag(counts).sum() / counts.sum())


def on_test(team: Team, data: Dataset, config: Config) -> dict[str, Any]:
    """Accuracy, macro-F1, recall of each class on the test set, and the student's accuracy.

    Of a segmentation all of them are over the pixels that count, and there is the mIoU.
    """
    is_dense = data.task == "segmentation"
    if is_dense:
        counts = _pixel_counts(_networks(team), data, data.test, config)
    else:
        counts = _counts(team, data, data.test, config)
    metrics = from_confusion(counts["teacher"])
    student = counts.get("student")
    return {
        "accuracy": metrics.accuracy,
        "miou": metrics.mean_iou if is_dense else None,
        "macro_f1": metrics.macro_f1,
        "recall": metrics.recall.tolist(),
        "support": metrics.support.tolist(),
        "classes": list(data.classes),
        "student_accuracy": None if student is None else from_confusion(student).accuracy,
    }


def _counts(
    team: Team, data: Dataset, index: NDArray[np.int64], config: Config
) -> dict[str, NDArray[np.int64]]:
    """Confusion matrices of the teacher and of the student, if there is one."""
    fields = {"teacher": TEACHER} | ({"student": STUDENT} if "student" in team.companions else {})
    found = predict(team, data.source, index, fields.values(), precision=config.train.precision)
    truth, n_classes = data.main_class[index], len(data.classes)
    return {
        name: confusion_matrix(truth, found[field].argmax(axis=1), n_classes)
        for name, field in fields.items()
    }


def _networks(team: Team) -> dict[str, Network]:
    """The teacher, and the student if there is one."""
    student = team.companions.get("student")
    return {"teacher": team.teacher} | (
        {"student": student.network} if isinstance(student, Student) else {}
    )


def _pixel_counts(
    networks: Mapping[str, Network], data: Dataset, index: NDArray[np.int64], config: Config
) -> dict[str, NDArray[np.int64]]:
    return pixel_confusions(
        networks,
        data.source,
        index,
        data.targets,
        len(data.classes),
        precision=config.train.precision,
    )


def of_picks(
    team: Team, data: Dataset, picked: NDArray[np.int64], config: Config
) -> dict[str, Any]:
    """How many were right of those just picked, before their labels are known (Sec. III-C)."""
    right = accuracy(team, data, picked, data.targets[picked], config)
    return {"n_picked": len(picked), "picked_accuracy": right}


def high_gradients(
    team: Team,
    data: Dataset,
    subset: NDArray[np.int64],
    picked: NDArray[np.int64],
    config: Config,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """How many picks are among as many candidates of the highest gradient norm (Table III).

    `rng` draws among equal norms.
    """
    field = "gradient_norm"
    norms = predict(team, data.source, subset, [field], precision=config.train.precision)[field]
    highest = subset[falling(norms, rng)[: len(picked)]]
    return {"high_gradient": int(np.isin(picked, highest).sum())}


def bound(team: Team, data: Dataset, subset: NDArray[np.int64], config: Config) -> dict[str, float]:
    """The terms of eq. 6 over R_U: ``||p_T - y|| <= ||p_T - p_S|| + ||p_S - y||``, means.

    Of a classification: it takes the posteriors of all candidates.

    Returns
    -------
    dict
        `distance` D between teacher and student, `error` of the student, task `loss` of the
        teacher, and `slack`, the mean of what the bound leaves: never negative.
    """
    found = predict(team, data.source, subset, [TEACHER, STUDENT], precision=config.train.precision)
    p, q = (np.exp(found[field].astype(np.float64)) for field in (TEACHER, STUDENT))
    y = np.eye(len(data.classes))[data.main_class[subset]]
    distance, error, loss = (np.linalg.norm(x, axis=1) for x in (p - q, q - y, p - y))
    terms = {"distance": distance, "error": error, "loss": loss, "slack": distance + error - loss}
    return {name: float(values.mean()) for name, values in terms.items()}
