"""What is hidden of a box is to be told from what is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn.functional import interpolate
from typing_extensions import override

from cryoal.pretrain.base import Method
from cryoal.pretrain.views import imaged, moved

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.config import Config
    from cryoal.models.base import Network

__all__ = ["Masked", "hidden_blocks", "masked_loss"]

BLOCK, SHARE = 4, 0.6
NARROWEST, LEAST = 8, 4


class Masked(Method):
    """A masked autoencoder (He et al., 2022) with a convolutional encoder.

    Three fifths of the blocks of 4^3 voxels are hidden under noise as strong as that of a box, and
    a small decoder makes the box again from the embedding alone, so that all of it has to go
    through these numbers. Noise cannot be told, so what is learned is what lies below it.
    """

    def __init__(self, encoder: Network, side: int, config: Config) -> None:
        super().__init__(encoder, side, config)
        channels = max(NARROWEST, self.features // 8)
        self.decoder = nn.Sequential(
            nn.Linear(self.features, channels * LEAST**3, bias=False),
            nn.BatchNorm1d(channels * LEAST**3),
            nn.ReLU(),
            nn.Unflatten(1, (channels, LEAST, LEAST, LEAST)),
            nn.Upsample(scale_factor=2),
            nn.Conv3d(channels, channels // 2, 3, padding=1, bias=False),
            nn.BatchNorm3d(channels // 2),
            nn.ReLU(),
            nn.Conv3d(channels // 2, 8, 3, padding=1),
        )
        # from 8^3 to the voxels of a box: what is finer is noise at first
        self.last = nn.Conv3d(8, 1, 3, padding=1)

    @override
    def loss(self, boxes: Tensor, rng: np.random.Generator) -> Tensor:
        boxes = moved(boxes, self.config, rng)
        hidden = torch.from_numpy(hidden_blocks(len(boxes), self.side, rng)).to(boxes.device)
        noise = rng.standard_normal(tuple(boxes.shape), dtype=np.float32)
        shown = imaged(boxes, self.config.pretrain, rng)
        shown = torch.where(hidden, torch.from_numpy(noise).to(boxes.device), shown)
        coarse = self.decoder(self.encoder(shown).embedding)
        made = self.last(interpolate(coarse, size=(self.side,) * 3))
        return masked_loss(made, boxes, hidden)


def hidden_blocks(n: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """``(n, 1, side, side, side)``: true in as many blocks of each box, drawn at random."""
    edge = -(-side // BLOCK)
    order = rng.random((n, edge**3)).argsort(axis=1)
    blocks = (order < round(SHARE * edge**3)).reshape(n, 1, edge, edge, edge)
    for axis in (2, 3, 4):
        blocks = blocks.repeat(BLOCK, axis=axis)
    return blocks[:, :, :side, :side, :side]


def masked_loss(made: Tensor, boxes: Tensor, hidden: Tensor) -> Tensor:
    """Mean square of ``made - boxes`` over the voxels that were hidden."""
    return (made - boxes).square()[hidden].mean()
