"""Further models of the teacher's kind, which learn from the same labels and may disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch import nn
from torch.nn.functional import log_softmax
from typing_extensions import override

from cryoal.companions.base import Companion, Taught
from cryoal.companions.field import Field
from cryoal.feed.device import autocast
from cryoal.losses.task import task_loss
from cryoal.models.build import build_network
from cryoal.models.dense import dense_jensen_shannon
from cryoal.seeds import stream_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from cryoal.companions.base import Lesson
    from cryoal.config import Config
    from cryoal.models.base import Network, Output

__all__ = ["Committee"]


class Committee(Companion):
    """A deep ensemble with the teacher as its first member (Kuo et al., 2018).

    Its answer is ``(n, members, classes)`` log-posteriors in nats, the teacher's first; of a
    segmentation the mean over the pixels of how far they are apart: field ``dense_committee``.

    Notes
    -----
    Members differ by their initial weights alone: they see the same augmented batches in the same
    order as the teacher, which reads and augments each box once. Members of a bootstrap committee
    would differ more, and each would have seen fewer of a few labels. Three members are those of
    TorchAL; Kuo et al. do not say how many they had.
    """

    name = "committee"
    gives = (
        Field(
            "committee_log_posterior",
            "(n, members, classes) float32, nats; the teacher is the first member",
            "classification",
        ),
        Field(
            "dense_committee",
            "(n,): Jensen-Shannon divergence of the members, nats, mean over the pixels",
            "segmentation",
        ),
    )

    members: ClassVar[int] = 3
    """How many there are, with the teacher."""

    def __init__(self, others: Sequence[Network]) -> None:
        super().__init__()
        self.others = nn.ModuleList(others)

    @override
    @classmethod
    def build(cls, teacher: Network, config: Config, shape: tuple[int, ...], seed: int) -> Self:
        del teacher
        return cls(
            [
                build_network(
                    config.model.teacher,
                    width=config.model.width,
                    stem=config.model.stem,
                    n_classes=len(config.classes),
                    channels=shape[0],
                    dropout=config.model.dropout,
                    seed=stream_seed(seed, "committee", number),
                )
                for number in range(1, cls.members)
            ]
        )

    @override
    def learn(self, lesson: Lesson) -> Taught:
        losses = []
        for member in self.others:
            with autocast(lesson.precision, lesson.x.device):
                logits = member(lesson.x).logits
            losses.append(task_loss(logits, lesson.y, lesson.weights, lesson.total))
        each = torch.stack(losses)
        # The sum: every member takes the step that it would take alone.
        return Taught(each.sum(), {"committee_loss": each.mean().detach()})

    @override
    def tell(self, field: str, boxes: Tensor, teacher: Output | None) -> Tensor:
        if field != "dense_committee" or teacher is None:
            return super().tell(field, boxes, teacher)
        return dense_jensen_shannon(self._logits(boxes, teacher))

    @override
    def look(self, boxes: Tensor, teacher: Output) -> Tensor:
        logits = self._logits(boxes, teacher)
        return torch.stack([log_softmax(each.float(), dim=1) for each in logits], dim=1)

    def _logits(self, boxes: Tensor, teacher: Output) -> list[Tensor]:
        return [teacher.logits, *(member(boxes).logits for member in self.others)]
