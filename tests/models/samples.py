"""Small networks of every family, and inputs for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import torch

from cryoal.models import BACKBONES

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.models.base import Backbone, Network

STEMS = {
    "resnet": ("pool", "cifar", "stride"),
    "densenet": ("pool", "cifar", "stride"),
    "resnet-2d": ("cifar", "imagenet"),
    "vgg": ("cifar",),
    "drn": ("imagenet",),
}
"""What each family has, its first choice for tests first."""


def family(name: str) -> str:
    kind = re.match("[a-z]+", name)
    assert kind is not None
    return "resnet-2d" if name.startswith("resnet") and name.endswith("-2d") else kind[0]


def is_2d(name: str) -> bool:
    return family(name) in ("resnet-2d", "vgg", "drn")


def is_dense(name: str) -> bool:
    return family(name) == "drn" and not name.endswith("pooled")


def build(
    name: str,
    *,
    seed: int = 0,
    width: int = 4,
    stem: str | None = None,
    n_classes: int = 3,
    channels: int | None = None,
    dropout: float = 0.0,
) -> Network:
    """A network with weights of `seed`; torch's generator is left alone."""
    backbone = cast("Backbone", BACKBONES.load(name))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return backbone(
            width=width,
            stem=stem or STEMS[family(name)][0],
            n_classes=n_classes,
            channels=channels or (3 if is_2d(name) else 1),
            dropout=dropout,
        )


def inputs(name: str, n: int = 2, channels: int | None = None) -> Tensor:
    """Images of 32 x 32 or boxes of 8^3."""
    shape = (channels or 3, 32, 32) if is_2d(name) else (channels or 1, 8, 8, 8)
    return torch.randn(n, *shape, generator=torch.Generator().manual_seed(0))


def n_parameters(name: str, *, stem: str, n_classes: int, channels: int, width: int = 64) -> int:
    """Of a network that takes no memory."""
    with torch.device("meta"):
        network = build(name, width=width, stem=stem, n_classes=n_classes, channels=channels)
    return sum(p.numel() for p in network.parameters())
