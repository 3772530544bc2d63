"""Training that ran into infinity or NaN: where that is seen first, and what caused it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cryoal.errors import DivergedError
from cryoal.training.course import learning_beside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from cryoal.companions.team import Team
    from cryoal.losses.descent import Optimizer
    from cryoal.progress import Progress
    from cryoal.training.course import Course

__all__ = ["Start", "cause", "not_finite", "refuse_not_finite"]

LOOKED_AT = 5
"""Epochs that are gone through again to find a cause; later ones would cost too much."""

CAREFUL = 0.001
"""A rate at which SGD and Adam both move slowly."""


def not_finite(models: Mapping[str, torch.nn.Module]) -> str | None:
    """The first weight or running statistic that is not finite and what it holds, if there is one.

    Losses alone do not tell: in train mode nothing looks at running statistics.
    """
    tensors = {
        f"{role} {name}": value
        for role, model in models.items()
        for name, value in model.state_dict().items()
        if value.is_floating_point()
    }
    if not tensors:
        return None
    finite = torch.stack([value.isfinite().all() for value in tensors.values()]).tolist()
    for (name, value), is_finite in zip(tensors.items(), finite, strict=True):
        if not is_finite:
            bad = value[~value.isfinite()]
            return f"{bad[0].item()} in {len(bad)} of {value.numel()} numbers of {name}"
    return None


def refuse_not_finite(models: Mapping[str, torch.nn.Module], when: str) -> None:
    """Stop if a weight or a running statistic is not finite.

    Raises
    ------
    DivergedError
        Names the first, and says `when`.
    """
    if found := not_finite(models):
        raise DivergedError(f"expected finite weights and running statistics {when}, found {found}")


@dataclass(frozen=True)
class Start:
    """Where a run began, or went on: the same epochs can be gone through again from there."""

    epoch: int
    models: dict[str, dict[str, Tensor]]
    optimizer: dict[str, Any]

    @classmethod
    def of(cls, team: Team, optimizer: Optimizer, epoch: int) -> Start:
        """A copy of the state of now, `epoch` epochs after the beginning."""
        models = {
            role: {name: value.clone() for name, value in model.state_dict().items()}
            for role, model in learning_beside(team).items()
        }
        return cls(epoch, models, copy.deepcopy(optimizer.state_dict()))

    def reaches(self, epoch: int) -> bool:
        """Whether `epoch` is near enough to be tried again from here."""
        return epoch - self.epoch < LOOKED_AT


def cause(course: Course, start: Start | None, failed: int, progress: Progress) -> str:
    """Why epoch `failed`, from 0, gave something that is not finite, as far as that is known.

    The epochs since `start` are gone through again, at a tenth of the learning rate and then more
    slowly still. If all stays finite, the rate was too high; nothing else was changed. Otherwise,
    or without a `start`, no cause is named.
    """
    rate = course.config.train.learning_rate
    if start is None or not start.reaches(failed):
        return f"the cause is not known, a lower train.learning_rate than {rate:g} may help"
    for share in (0.1, min(0.01, CAREFUL / rate)):
        progress.say(f"the losses are no numbers: trying again at a rate of {share * rate:g}")
        if _stays_finite(course, start, failed, share):
            return (
                f"train.learning_rate {rate:g} is too high,"
                f" at {share * rate:g} the same epochs stay finite"
            )
    return (
        f"at train.learning_rate {share * rate:g} in place of {rate:g} it is the same:"
        f" the boxes reach {_extreme(course):.3g}, and 1 is their usual spread"
    )


def _stays_finite(course: Course, start: Start, failed: int, share: float) -> bool:
    team = course.team
    for role, model in learning_beside(team).items():
        model.load_state_dict(start.models[role])
    course.optimizer.load_state_dict(copy.deepcopy(start.optimizer))
    for number in range(start.epoch, failed + 1):
        told = course.epoch(number, share)
        if not np.isfinite(list(told.values())).all() or not_finite(learning_beside(team)):
            return False
    return True


def _extreme(course: Course) -> float:
    """The value farthest from 0 in the first boxes, or NaN where one is not finite."""
    boxes = course.boxes[np.arange(min(len(course.index), 128))]
    return boxes.flatten()[boxes.abs().argmax()].item()
