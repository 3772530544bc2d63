"""Two views of a box shall give one embedding, and no two of its numbers the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from typing_extensions import override

from cryoal.pretrain.base import Method
from cryoal.pretrain.views import imaged, moved

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from cryoal.config import Config
    from cryoal.models.base import Network

__all__ = ["VICReg", "vicreg_loss"]

PROJECTED = 128


class VICReg(Method):
    """Variance, invariance, covariance (Bardes, Ponce and LeCun, 2022).

    Views: moves that the missing wedge allows, shifts, contrast, noise. A small net projects the
    embedding before the loss looks at it, so that the embedding itself may keep more.
    """

    def __init__(self, encoder: Network, side: int, config: Config) -> None:
        super().__init__(encoder, side, config)
        self.projector = nn.Sequential(
            nn.Linear(self.features, PROJECTED, bias=False),  # batch norm follows
            nn.BatchNorm1d(PROJECTED),
            nn.ReLU(),
            nn.Linear(PROJECTED, PROJECTED),
        )

    @override
    def loss(self, boxes: Tensor, rng: np.random.Generator) -> Tensor:
        both = torch.cat(self.views(boxes, rng))
        first, second = self.projector(self.encoder(both).embedding).chunk(2)
        return vicreg_loss(first, second)

    def views(self, boxes: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Two of each box."""
        settings = self.config.pretrain
        first = imaged(moved(boxes, self.config, rng), settings, rng)
        return first, imaged(moved(boxes, self.config, rng), settings, rng)


def vicreg_loss(first: Tensor, second: Tensor) -> Tensor:
    """``25 s + 25 v + c`` of rows ``(n, k)`` that belong together.

    ``s`` is the mean of ``(first - second)^2``. For each of the two, and taken together: ``v`` the
    mean over columns, and over the two, of ``max(0, 1 - sqrt(var + 1e-4))``, and ``c`` the sum over
    the two of all squared covariances of different columns over ``k``. Variances and covariances
    divide by ``n - 1``. Rows that are all the same have finite gradients.
    """
    spread, mixed = first.new_zeros(()), first.new_zeros(())
    for rows in (first, second):
        centred = rows - rows.mean(dim=0)
        covariance = centred.T @ centred / (len(rows) - 1)
        variance = covariance.diagonal()
        spread = spread + torch.relu(1 - torch.sqrt(variance + 1e-4)).mean() / 2
        mixed = mixed + (covariance.square().sum() - variance.square().sum()) / rows.shape[1]
    return 25 * (first - second).square().mean() + 25 * spread + mixed
