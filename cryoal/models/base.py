"""What a backbone gives out of one forward."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from torch import nn

from cryoal.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

__all__ = ["Backbone", "Network", "Output", "backbone", "chosen_stem"]

S = TypeVar("S")


class Output(NamedTuple):
    """One forward: for the task, for eq. 1, and for strategies that measure in feature space."""

    logits: Tensor
    """``(n, classes)``; of a dense network ``(n, classes, h, w)``, one for each pixel."""
    maps: tuple[Tensor, ...]
    """Output of each module, ``(n, c_l, d_l, h_l, w_l)`` or ``(n, c_l, h_l, w_l)``, never finer."""
    embedding: Tensor
    """``(n, features)``, the input of the last layer before any dropout.

    Of a dense network: its mean over the image.
    """


class Network(nn.Module, ABC):
    """A task model whose modules (blocks of one resolution) can be looked at."""

    n_modules: int

    @property
    @abstractmethod
    def head(self) -> nn.Linear | nn.Conv2d:
        """The last layer: in eval mode ``logits == head(embedding)``.

        Of a dense network a 1 x 1 convolution: ``head(embedding)`` is the mean of its logits over
        the image, before they are brought to the resolution of the input.
        """

    @property
    def is_dense(self) -> bool:
        """Whether there are logits for each pixel."""
        return isinstance(self.head, nn.Conv2d)

    @abstractmethod
    def forward(self, boxes: Tensor) -> Output:
        """`Output` for boxes ``(n, channels, d, h, w)`` or images ``(n, channels, h, w)``."""


class Backbone(Protocol):
    """A function that builds a network; its weights come from torch's generator."""

    def __call__(
        self, *, width: int, stem: str, n_classes: int, channels: int = 1, dropout: float = 0.0
    ) -> Network:
        """A network for inputs of `channels`, with logits for `n_classes`.

        `width` scales the channels of every layer; 64 gives the published network. `dropout` is
        the chance with which, in train mode, the last layer does not see a feature.

        Raises
        ------
        ConfigError
            The family has no such `stem`; the message gives those that it has.
        """
        ...


def backbone(what: str, network: Callable[..., Network], *sizes: object) -> Backbone:
    """The backbone that makes a `network` of these `sizes`; `what` it is, in one line."""

    def build(
        *, width: int, stem: str, n_classes: int, channels: int = 1, dropout: float = 0.0
    ) -> Network:
        return network(
            *sizes,
            width=width,
            stem=stem,
            n_classes=n_classes,
            channels=channels,
            dropout=dropout,
        )

    build.__doc__ = what
    return build


def chosen_stem(stem: str, stems: Mapping[str, S], family: str) -> S:
    """What `stems` holds under the name `stem`.

    Raises
    ------
    ConfigError
        No such stem in this `family`.
    """
    if stem not in stems:
        raise ConfigError(
            f"expected model.stem one of {', '.join(stems)} for {family}, found {stem!r}"
        )
    return stems[stem]
