"""What a backbone gives out of one forward."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Backbone", "Network", "Output"]


class Output(NamedTuple):
    """One forward: for the task, for eq. 1, and for strategies that measure in feature space."""

    logits: Tensor
    """``(n, classes)``."""
    maps: tuple[Tensor, ...]
    """Output of each module, ``(n, c_l, d_l, h_l, w_l)``, coarser and coarser."""
    embedding: Tensor
    """``(n, features)``, the input of the last layer."""


class Network(nn.Module, ABC):
    """A classifier whose modules (blocks of one resolution) can be looked at."""

    n_modules: int

    @abstractmethod
    def forward(self, boxes: Tensor) -> Output:
        """`Output` for boxes ``(n, 1, d, h, w)``."""


class Backbone(Protocol):
    """A function that builds a network; its weights come from torch's generator."""

    def __call__(self, *, width: int, stem: str, n_classes: int) -> Network:
        """A network of `width` channels in its first module, with logits for `n_classes`."""
        ...
