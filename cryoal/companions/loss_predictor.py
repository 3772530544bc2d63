"""LL4AL: how large the teacher's loss would be, told from its feature maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch import nn
from torch.nn.functional import relu
from typing_extensions import override

from cryoal.companions.base import Companion, Taught
from cryoal.companions.field import Field
from cryoal.models.build import seeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from cryoal.companions.base import Lesson
    from cryoal.config import Config
    from cryoal.models.base import Network, Output

__all__ = ["LossPredictor", "ranking_hinge"]


class LossPredictor(Companion):
    """The loss prediction module of Yoo and Kweon (2019).

    The mean of each module's map over space, a linear layer of :attr:`features` with ReLU for each,
    all of them side by side into one number: ``(n,)``, in units of its own, of which only the order
    is taught.

    Notes
    -----
    The hinge moves the teacher too, until :attr:`together` of the epochs are over; from then on
    maps are detached. Differences from the public code (Mephisto405/Learning-Loss-for-Active-
    Learning): a batch of odd size leaves one box without a partner, where that code stops; two
    boxes of the same loss teach nothing, where it takes the first for the smaller; the learning
    rate is that of the teacher, whose epochs are counted from 0, so nothing is off by one.
    """

    name = "loss-predictor"
    gives = (Field("predicted_loss", "(n,): the task loss that it expects, in units of its own"),)
    shapes_teacher = True

    features: ClassVar[int] = 128
    margin: ClassVar[float] = 1.0
    """By how much the prediction of the larger of two losses should lead."""
    weight: ClassVar[float] = 1.0
    """Of the hinge beside the task loss."""
    together: ClassVar[float] = 0.6
    """Share of the epochs in which gradients reach the teacher: 120 of 200."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Linear(width, self.features) for width in widths)
        self.last = nn.Linear(self.features * len(widths), 1)

    @override
    @classmethod
    def build(cls, teacher: Network, config: Config, shape: tuple[int, ...], seed: int) -> Self:
        del config
        widths = _map_widths(teacher, shape)
        with seeded(seed):
            return cls(widths)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Predicted losses ``(n,)`` float32 for maps ``(n, c_l, ...)``."""
        means = [each.float().flatten(2).mean(2) for each in maps]
        parts = [relu(branch(mean)) for branch, mean in zip(self.branches, means, strict=True)]
        predicted: Tensor = self.last(torch.cat(parts, dim=1))
        return predicted[:, 0]

    @override
    def joint(self, lesson: Lesson) -> Taught:
        maps = lesson.teacher.maps
        if lesson.done >= self.together:
            maps = tuple(each.detach() for each in maps)
        hinge, ranked = ranking_hinge(self(maps), lesson.task_losses, self.margin)
        return Taught(
            self.weight * hinge,
            {"loss_predictor_hinge": hinge.detach(), "loss_predictor_ranked": ranked},
        )

    @override
    def look(self, boxes: Tensor, teacher: Output) -> Tensor:
        del boxes
        predicted: Tensor = self(teacher.maps)
        return predicted


def ranking_hinge(predicted: Tensor, losses: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """Mean of ``max(0, margin - sign(l_i - l_j) (p_i - p_j))``, and the share of pairs in order.

    Parameters
    ----------
    predicted, losses
        ``(n,)`` each. Box i is paired with box n - 1 - i, so that of an odd number the middle one
        is left out: batches are in random order. No gradient reaches `losses`.

    Returns
    -------
    tuple
        Two scalars. Pairs of equal losses give `margin` without a gradient, and are in no order;
        no pair gives 0 and 0.
    """
    half = len(predicted) // 2
    if not half:
        return predicted.sum() * 0.0, predicted.new_zeros(())
    lead = (predicted - predicted.flip(0))[:half]
    order = torch.sign((losses - losses.flip(0))[:half]).detach().to(lead.dtype)
    return relu(margin - order * lead).mean(), (order * lead.detach() > 0).float().mean()


def _map_widths(teacher: Network, shape: tuple[int, ...]) -> list[int]:
    """Channels of each map, seen on one empty box; the teacher stays as it is."""
    before = [(layer, layer.training) for layer in teacher.modules()]
    teacher.eval()
    try:
        with torch.no_grad():
            empty = torch.zeros((1, *shape), device=next(teacher.parameters()).device)
            return [each.shape[1] for each in teacher(empty).maps]
    finally:
        for layer, training in before:
            layer.training = training
