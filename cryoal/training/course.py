"""One epoch of the teacher and of those who learn beside it, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from cryoal.companions.base import Lesson, Taught
from cryoal.data.box_source import FrameSource
from cryoal.feed.device import autocast
from cryoal.losses.task import IGNORED, accuracy, mean_of_each, place_losses, weighted_mean
from cryoal.models.base import Output
from cryoal.models.build import seeded
from cryoal.seeds import stream, stream_seed
from cryoal.training.augment import augment, augment_with_masks
from cryoal.training.bfloat16 import kept_in_float32, wrong_in_bfloat16
from cryoal.training.schedule import batches, learning_rate
from cryoal.training.squares import random_squares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.data.box_source import BoxSource
    from cryoal.feed.loaders import TrainingBoxes
    from cryoal.losses.descent import Optimizer

__all__ = ["Course", "learning_beside"]


@dataclass(frozen=True)
class Course:
    """Who learns, from what and how: all that stays the same from epoch to epoch."""

    team: Team
    optimizer: Optimizer
    pool: BoxSource
    index: NDArray[np.int64]
    boxes: TrainingBoxes
    labels: Tensor
    """Class numbers ``(n,)`` on the device, or masks ``(n, h, w)`` on the CPU."""
    weights: Tensor
    """Of the classes."""
    config: Config
    seed: int
    device: torch.device
    _wrong: dict[tuple[int, ...], dict[str, torch.nn.Module]] = field(default_factory=dict)
    # by shape of a batch: layers that stay float32

    def epoch(self, number: int, share: float = 1.0) -> dict[str, float]:
        """Show all boxes once, in the order and the augmentation of epoch `number`, from 0.

        `share` is what is taken of the learning rate. Means over the boxes of what was told.
        """
        train, rng = self.config.train, stream(self.seed, "epoch", number)
        for group in self.optimizer.param_groups:
            group["lr"] = share * learning_rate(train, number)
        sums: dict[str, Tensor] = {}
        with seeded(stream_seed(self.seed, "dropout", number), self.device):
            parts = batches(len(self.index), train.batch_size, rng)
            for rows, (seen, known) in zip(parts, self._pairs(parts, number), strict=True):
                if known.ndim == 1:
                    x, y = augment(seen, self.config.augment, rng), known
                else:
                    x, y = augment_with_masks(
                        seen, known, self.config.augment, rng, ignored=IGNORED
                    )
                if x.shape not in self._wrong:
                    self._wrong[x.shape] = wrong_in_bfloat16(self.team, x.shape, train.precision)
                with kept_in_float32(self._wrong[x.shape].values()):
                    told = self._step(x, y, number / train.epochs)
                for name, value in told.items():
                    before = sums.get(name, torch.zeros((), device=self.device))
                    sums[name] = before + len(rows) * value
        return {name: round(value.item() / len(self.index), 6) for name, value in sums.items()}

    def _pairs(
        self, parts: Sequence[NDArray[np.int64]], number: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """For each of `parts` the boxes and what they are, class numbers or masks."""
        if isinstance(self.pool, FrameSource) and self.config.augment.recrop:
            places = stream(self.seed, "squares", number)
            chosen = [self.index[rows] for rows in parts]
            yield from random_squares(self.pool, chosen, places, self.device)
            return
        for rows, seen in zip(parts, self.boxes.in_order(parts), strict=True):
            known = self.labels[torch.from_numpy(rows).to(self.labels.device)]
            yield seen, known.to(self.device, torch.int64)

    def _step(self, x: Tensor, y: Tensor, done: float) -> dict[str, Tensor]:
        """One batch for all models; what is told of it, left on the device."""
        team, weights, precision = self.team, self.weights, self.config.train.precision
        self.optimizer.zero_grad()
        with autocast(precision, x.device):
            teacher = team.teacher(x)
        by_place = place_losses(teacher.logits, y)
        loss = weighted_mean(by_place, y, weights)
        losses = mean_of_each(by_place.detach(), y)
        told = {"teacher_loss": loss.detach()}
        told["teacher_accuracy"] = accuracy(teacher.logits, y)
        lesson = Lesson(x, y, weights, teacher, losses, done, precision)
        total = loss
        for companion in team.companions.values():
            if (joint := companion.joint(lesson)) is not None:
                total = total + joint.loss
                told |= _detached(joint)
        torch.autograd.backward(total)  # at once: the teacher's graph is freed before the next
        maps = tuple(m.detach() for m in teacher.maps)
        seen = Output(teacher.logits.detach(), maps, teacher.embedding.detach())
        lesson = Lesson(x, y, weights, seen, losses, done, precision)
        for companion in team.companions.values():
            if (taught := companion.learn(lesson)) is not None:
                torch.autograd.backward(taught.loss)
                told |= _detached(taught)
        self.optimizer.step()
        return told


def learning_beside(team: Team) -> dict[str, torch.nn.Module]:
    """Those that learn in the teacher's steps, the teacher too, by role."""
    beside = {name: c for name, c in team.companions.items() if c.learns_beside}
    return {"teacher": team.teacher, **beside}


def _detached(taught: Taught) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in taught.told.items()}
