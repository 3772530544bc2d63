"""What a way of learning without labels is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from torch import nn

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from cryoal.config import Config
    from cryoal.models.base import Network

__all__ = ["Method"]


class Method(nn.Module, ABC):
    """An encoder, what it learns with (thrown away afterwards), and the loss of a batch.

    Its weights come from torch's generator, which the caller has seeded.

    Parameters
    ----------
    encoder
        The network that is kept; its last layer is not used.
    side
        Edge of the boxes in voxels.
    config
        Of the campaign: what moves leave the class of a box (``augment``), how views differ
        (``pretrain``).
    """

    version: ClassVar[int] = 1
    """Raised when the same seed and settings give other weights."""

    def __init__(self, encoder: Network, side: int, config: Config) -> None:
        super().__init__()
        self.encoder, self.side, self.config = encoder, side, config

    @property
    def features(self) -> int:
        """Numbers of an embedding."""
        return self.encoder.head.weight.shape[1]

    @abstractmethod
    def loss(self, boxes: Tensor, rng: np.random.Generator) -> Tensor:
        """A scalar to be made small, for boxes ``(n, 1, d, h, w)``; all chance is from `rng`."""
