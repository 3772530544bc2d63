"""The student: smaller than the teacher, and taught by it (Sec. III-B)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import torch
from cryoal_kernels import dense_score
from torch.nn.functional import log_softmax
from typing_extensions import override

from cryoal.companions.base import Companion, Lesson, Taught
from cryoal.companions.field import Field
from cryoal.errors import PairMismatchError
from cryoal.feed.device import autocast
from cryoal.losses.task import accuracy, task_loss
from cryoal.losses.transfer import TRANSFERS, feature_distance
from cryoal.models.build import build_network

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.config import Config
    from cryoal.models.base import Network, Output

__all__ = ["Student"]


class Student(Companion):
    """Learns by ``L = L_task + lambda L_trans`` on the teacher's batches, with its maps (eq. 1).

    Besides its posterior it tells how far its features are from the teacher's (Fig. 5, right):
    fields ``feature_attention``, ``feature_mse`` and ``feature_l1``. Of a segmentation it tells
    eq. 4 in place of the posterior: field ``dense_disagreement``.
    """

    name = "student"
    gives = (
        Field("student_log_posterior", "(n, classes) float32, nats", "classification"),
        Field("feature_attention", "(n,): eq. 1 of one candidate"),
        Field("feature_mse", "(n,): mean squares of the student's features less the teacher's"),
        Field("feature_l1", "(n,): mean absolute values of the same differences"),
        Field(
            "dense_disagreement",
            "(n,): eq. 4, mean squares of the student's posterior less the teacher's",
            "segmentation",
        ),
    )

    def __init__(self, network: Network, *, transfer: str, transfer_weight: float) -> None:
        super().__init__()
        self.network = network
        self.transfer = TRANSFERS[transfer]
        self.transfer_weight = transfer_weight

    @classmethod
    @override
    def build(cls, teacher: Network, config: Config, shape: tuple[int, ...], seed: int) -> Self:
        model, train = config.model, config.train
        network = build_network(
            model.student,
            width=model.width,
            stem=model.stem,
            n_classes=len(config.classes),
            channels=model.channels,
            dropout=model.dropout,
            seed=seed,
        )
        if teacher.n_modules != network.n_modules:
            raise PairMismatchError(
                f"expected a student of {teacher.n_modules} modules like its teacher"
                f" {model.teacher}, found {network.n_modules} in {model.student}"
            )
        return cls(network, transfer=train.transfer, transfer_weight=train.transfer_weight)

    @override
    def learn(self, lesson: Lesson) -> Taught:
        with autocast(lesson.precision, lesson.x.device):
            out = self.network(lesson.x)
        task = task_loss(out.logits, lesson.y, lesson.weights, lesson.total)
        transfer = self.transfer(out, lesson.teacher)
        right = accuracy(out.logits, lesson.y)
        told = {"student_loss": task, "transfer_loss": transfer, "student_accuracy": right}
        return Taught(task + self.transfer_weight * transfer, told)

    @override
    def look(self, boxes: Tensor, teacher: Output | None) -> Tensor:
        return log_softmax(self.network(boxes).logits.float(), dim=1)

    @override
    def looks_at_teacher(self, field: str) -> bool:
        return field != self.gives[0].name

    @override
    def tell(self, field: str, boxes: Tensor, teacher: Output | None) -> Tensor:
        if field == "dense_disagreement" and teacher is not None:
            return dense_score(teacher.logits, self.network(boxes).logits, metric="mse")
        if not field.startswith("feature_") or teacher is None:
            return super().tell(field, boxes, teacher)
        maps = self.network(boxes).maps
        distance: Tensor = feature_distance(field.removeprefix("feature_"), maps, teacher.maps)
        return distance.to(torch.float32)
