"""One epoch of the teacher and of those who learn beside it, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from cryoal.companions.base import Lesson, Taught
from cryoal.data.box_source import FrameSource
from cryoal.feed.device import autocast
from cryoal.losses.task import (
    IGNORED,
    accuracy,
    class_shares,
    mean_of_each,
    place_losses,
    weighted_mean,
)
from cryoal.models.base import Output
from cryoal.models.build import seeded
from cryoal.seeds import stream, stream_seed
from cryoal.training.augment import augment, augment_with_masks
from cryoal.training.bfloat16 import kept_in_float32, wrong_in_bfloat16
from cryoal.training.company import BY_ITSELF, part_of, require_enough
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
    from cryoal.training.company import Company

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
    company: Company = BY_ITSELF
    """Whose part of each batch is seen; order and augmentation are those of the whole batch."""
    _wrong: dict[tuple[int, ...], dict[str, torch.nn.Module]] = field(default_factory=dict)
    # by shape of a batch: layers that stay float32

    def epoch(self, number: int, share: float = 1.0) -> dict[str, float]:
        """Show all boxes once, in the order and the augmentation of epoch `number`, from 0.

        `share` is what is taken of the learning rate. Means over the boxes of what was told.
        """
        train, rng, company = self.config.train, stream(self.seed, "epoch", number), self.company
        for group in self.optimizer.param_groups:
            group["lr"] = share * learning_rate(train, number)
        sums: dict[str, Tensor] = {}
        others = (company.rank,) if company.rank else ()  # each of them drops other features
        with seeded(stream_seed(self.seed, "dropout", number, *others), self.device):
            parts = batches(len(self.index), train.batch_size, rng)
            require_enough(company, min(map(len, parts)))
            for rows, (seen, known) in zip(parts, self._pairs(parts, number), strict=True):
                n, part = len(rows), part_of(company, rows)
                if known.ndim == 1:
                    x, y = augment(seen, self.config.augment, rng, whole=n, part=part), known
                else:
                    x, y = augment_with_masks(
                        seen, known, self.config.augment, rng, ignored=IGNORED, whole=n, part=part
                    )
                if x.shape not in self._wrong:
                    self._wrong[x.shape] = wrong_in_bfloat16(self.team, x.shape, train.precision)
                with kept_in_float32(self._wrong[x.shape].values()):
                    told = self._step(x, y, n, number / train.epochs)
                for name, value in told.items():
                    before = sums.get(name, torch.zeros((), device=self.device))
                    sums[name] = before + len(x) * value
        if company.size > 1:
            sums = dict(zip(sums, company.sum(torch.stack([*sums.values()])), strict=True))
        return {name: round(value.item() / len(self.index), 6) for name, value in sums.items()}

    def _pairs(
        self, parts: Sequence[NDArray[np.int64]], number: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """For each of `parts` the boxes and what they are, class numbers or masks."""
        if isinstance(self.pool, FrameSource) and self.config.augment.recrop:
            places = stream(self.seed, "squares", number)
            chosen = [self.index[rows] for rows in parts]
            mine = [part_of(self.company, rows) for rows in parts]
            yield from random_squares(self.pool, chosen, places, self.device, mine=mine)
            return
        parts = [rows[part_of(self.company, rows)] for rows in parts]
        for rows, seen in zip(parts, self.boxes.in_order(parts), strict=True):
            known = self.labels[torch.from_numpy(rows).to(self.labels.device)]
            yield seen, known.to(self.device, torch.int64)

    def _step(self, x: Tensor, y: Tensor, n: int, done: float) -> dict[str, Tensor]:
        """One batch of `n` for all models; what is told of it, left on the device.

        Of a part of the batch, gradients are summed with those of the other parts: each loss counts
        by the part's share of the batch, so that the sum is that of the mean over the whole batch.
        """
        team, weights, precision = self.team, self.weights, self.config.train.precision
        self.optimizer.zero_grad()
        with autocast(precision, x.device):
            teacher = team.teacher(x)
        by_place = place_losses(teacher.logits, y)
        whole = self._total(y, n)
        loss = weighted_mean(by_place, y, weights, whole)
        losses = mean_of_each(by_place.detach(), y)
        told = {"teacher_loss": loss.detach()}
        told["teacher_accuracy"] = accuracy(teacher.logits, y)
        lesson = Lesson(x, y, weights, teacher, losses, done, precision, whole)
        total = loss
        for companion in team.companions.values():
            if (joint := companion.joint(lesson)) is not None:
                total = total + joint.loss
                told |= _detached(joint)
        share = len(x) / n
        # at once: the teacher's graph is freed before the next
        torch.autograd.backward(total if whole is None else share * total)
        maps = tuple(m.detach() for m in teacher.maps)
        seen = Output(teacher.logits.detach(), maps, teacher.embedding.detach())
        lesson = Lesson(x, y, weights, seen, losses, done, precision, whole)
        for companion in team.companions.values():
            if (taught := companion.learn(lesson)) is not None:
                torch.autograd.backward(taught.loss if whole is None else share * taught.loss)
                told |= _detached(taught)
        self._sum_gradients()
        self.optimizer.step()
        return told

    def _total(self, y: Tensor, n: int) -> Tensor | None:
        """What stands for the sum of the weights of `y`, a part of a batch of `n`.

        It is the part's share of the sum over the whole batch. None where there is one part.
        """
        if self.company.size == 1:
            return None
        return self.company.sum(class_shares(y, self.weights).sum()) * (len(y) / n)

    def _sum_gradients(self) -> None:
        """Add up what each part of the batch taught, all weights at once."""
        if self.company.size == 1:
            return
        weights = [p for group in self.optimizer.param_groups for p in group["params"]]
        gradients = [p.grad for p in weights if p.grad is not None]
        flat = self.company.sum(torch.cat([g.reshape(-1) for g in gradients]))
        sizes = [g.numel() for g in gradients]
        for gradient, summed in zip(gradients, torch.split(flat, sizes), strict=True):
            gradient.copy_(summed.view_as(gradient))


def learning_beside(team: Team) -> dict[str, torch.nn.Module]:
    """Those that learn in the teacher's steps, the teacher too, by role."""
    beside = {name: c for name, c in team.companions.items() if c.learns_beside}
    return {"teacher": team.teacher, **beside}


def _detached(taught: Taught) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in taught.told.items()}
