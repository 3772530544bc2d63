"""What a companion is: a model that learns beside the teacher and tells something of candidates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

from torch import nn

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.companions.field import Field
    from cryoal.config import Config
    from cryoal.data.box_source import BoxSource
    from cryoal.feed.loaders import TrainingBoxes
    from cryoal.models.base import Network, Output
    from cryoal.progress import Progress

__all__ = ["Companion", "Lesson", "Taught"]


@dataclass(frozen=True)
class Lesson:
    """One batch, as a companion sees it."""

    x: Tensor
    """Augmented boxes ``(n, channels, ...)``, the same that the teacher saw."""
    y: Tensor
    """Class numbers ``(n,)`` int64; masks ``(n, h, w)`` of a segmentation, moved as `x` was."""
    weights: Tensor
    """``(classes,)`` of the task loss."""
    teacher: Output
    """Of the teacher's one forward. In :meth:`Companion.joint` its graph is there, in
    :meth:`Companion.learn` it is detached."""
    task_losses: Tensor
    """``(n,)`` the teacher's task loss of each box, nats, detached; means over its pixels."""
    done: float
    """Share of the epochs that are over, in [0, 1)."""
    precision: str
    """For :func:`cryoal.feed.device.autocast`."""
    total: Tensor | None = None
    """For :func:`cryoal.losses.task.task_loss`, where others see other parts of the same batch."""


class Taught(NamedTuple):
    """A loss to be minimised, and what is worth telling of the step."""

    loss: Tensor
    told: dict[str, Tensor]
    """Scalars by name, means over the batch; they become columns of the history."""


class Companion(nn.Module, ABC):
    """A model that learns beside the teacher; a campaign trains those that its strategy needs.

    Its parameters are in the teacher's optimiser if `learns_beside`; otherwise it is trained alone
    in :meth:`fit_after`. It is in train mode while it learns and in eval mode when it looks.
    """

    name: ClassVar[str]
    """That in :data:`cryoal.companions.COMPANIONS`."""
    gives: ClassVar[tuple[Field, ...]]
    """The fields of evidence that it tells, that of :meth:`look` first."""
    learns_beside: ClassVar[bool] = True
    shapes_teacher: ClassVar[bool] = False
    """Whether :meth:`joint` gives anything: then the teacher is another one with it."""

    @classmethod
    @abstractmethod
    def build(cls, teacher: Network, config: Config, shape: tuple[int, ...], seed: int) -> Self:
        """A new one on the CPU; its weights depend on `seed` alone, torch's generator is kept.

        `shape` is that of one box, ``(channels, ...)``.
        """

    def joint(self, lesson: Lesson) -> Taught | None:
        """What is added to the teacher's own loss: gradients reach the teacher."""
        del lesson
        return None

    def learn(self, lesson: Lesson) -> Taught | None:
        """Its own loss on one batch; no gradient reaches the teacher."""
        del lesson
        return None

    def fit_after(
        self,
        teacher: Network,
        labelled: TrainingBoxes,
        targets: Tensor,
        pool: BoxSource,
        unlabelled: NDArray[np.int64],
        config: Config,
        *,
        seed: int,
        device: torch.device,
        progress: Progress,
    ) -> dict[str, float]:
        """Train alone, when the teacher is ready (in eval mode); what is worth telling of it.

        `unlabelled` are positions in the pool of boxes that may be looked at but not at their
        labels. Same seed, same bits on the CPU.
        """
        del teacher, labelled, targets, pool, unlabelled, config, seed, device, progress
        return {}

    def looks_at_teacher(self, field: str) -> bool:
        """Whether :meth:`tell` reads the teacher's output for that field."""
        del field
        return True

    def tell(self, field: str, boxes: Tensor, teacher: Output | None) -> Tensor:
        """:meth:`look`, or another field, for companions that tell more than one."""
        if field != self.gives[0].name:
            raise LookupError(f"expected a field that {self.name} gives, found {field!r}")
        return self.look(boxes, teacher)  # type: ignore[arg-type]

    @abstractmethod
    def look(self, boxes: Tensor, teacher: Output) -> Tensor:
        """The first of :attr:`gives` for a batch, ``(n, ...)`` float32; in eval mode."""
