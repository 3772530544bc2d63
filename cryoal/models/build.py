"""Networks by name, with weights that depend on a seed alone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import torch

from cryoal.models import BACKBONES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryoal.models.base import Backbone, Network

__all__ = ["build_network", "seeded"]


@contextmanager
def seeded(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Inside, torch's generators (the CPU's and that of `device`) are at `seed`; then as before."""
    on_gpu = device is not None and device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)
        if on_gpu:
            torch.cuda.manual_seed(seed)
        yield


def build_network(
    backbone: str,
    *,
    width: int,
    stem: str,
    n_classes: int,
    seed: int,
    channels: int = 1,
    dropout: float = 0.0,
) -> Network:
    """A network with weights that depend on `seed` alone; torch's own generator is left alone.

    Raises
    ------
    UnknownNameError
        No such backbone; the message gives the nearest.
    """
    build = cast("Backbone", BACKBONES.load(backbone))
    with seeded(seed):
        return build(
            width=width, stem=stem, n_classes=n_classes, channels=channels, dropout=dropout
        )
