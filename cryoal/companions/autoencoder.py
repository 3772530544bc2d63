"""A variational autoencoder for boxes and images of any size."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["Code", "VariationalAutoencoder", "code_divergence", "reconstruction_error"]

SMALLEST = 4  # maps are halved until no side is larger
WIDEST = 8  # times the width of the first layer
LOG_VARIANCES = (-10.0, 10.0)  # exp of more than 88 is infinite in float32

_LAYERS: dict[int, tuple[Callable[..., nn.Module], ...]] = {
    2: (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d),
    3: (nn.Conv3d, nn.ConvTranspose3d, nn.BatchNorm3d),
}
_STEP: dict[str, Any] = {"kernel_size": 3, "stride": 2, "padding": 1}  # a side becomes ceil(side/2)


class Code(NamedTuple):
    """The posterior of the latents of each box: a normal distribution, axis by axis."""

    mean: Tensor
    """``(n, latent)``."""
    log_variance: Tensor
    """``(n, latent)``, in [-10, 10]."""

    def sample(self, generator: torch.Generator) -> Tensor:
        """One draw for each box; `generator` is one of the CPU, whatever the device."""
        noise = torch.randn(self.mean.shape, generator=generator).to(self.mean.device)
        return self.mean + noise * torch.exp(0.5 * self.log_variance)


class VariationalAutoencoder(nn.Module):
    """Strided convolutions down to sides of 4 at most, one linear layer, and all the way back.

    Parameters
    ----------
    shape
        Of one box, ``(channels, d, h, w)`` or ``(channels, h, w)``; any sizes.
    width
        Channels after the first convolution; each next one has twice as many, up to 8 times.
    latent
        Numbers that the encoder gives for a box.
    decoded
        How many of them, from the first, the decoder sees; default all.
    """

    def __init__(
        self, shape: tuple[int, ...], *, width: int, latent: int, decoded: int | None = None
    ) -> None:
        super().__init__()
        convolution, transposed, norm = _LAYERS[len(shape) - 1]
        sizes = [shape]
        while len(sizes) == 1 or max(sizes[-1][1:]) > SMALLEST:
            channels = width * min(WIDEST, 2 ** (len(sizes) - 1))
            sizes.append((channels, *(-(-side // 2) for side in sizes[-1][1:])))
        down: list[nn.Module] = []
        for (n_in, *_), (n_out, *_) in pairwise(sizes):
            down += [convolution(n_in, n_out, **_STEP, bias=False), norm(n_out), nn.ReLU()]
        up: list[nn.Module] = []
        for (n_in, *small), (n_out, *large) in pairwise(sizes[::-1]):
            short = [side - (2 * half - 1) for side, half in zip(large, small, strict=True)]
            up += [norm(n_in), nn.ReLU(), transposed(n_in, n_out, **_STEP, output_padding=short)]
        size = math.prod(sizes[-1])
        self.decoded = latent if decoded is None else decoded
        self.encoder = nn.Sequential(*down, nn.Flatten())
        self.mean = nn.Linear(size, latent)
        self.log_variance = nn.Linear(size, latent)
        self.unfold = nn.Sequential(nn.Linear(self.decoded, size), nn.Unflatten(1, sizes[-1]))
        self.decoder = nn.Sequential(*up)

    def encode(self, boxes: Tensor) -> Code:
        """What the latents of boxes ``(n, *shape)`` may be."""
        hidden = self.encoder(boxes)
        return Code(self.mean(hidden), self.log_variance(hidden).clamp(*LOG_VARIANCES))

    def decode(self, latents: Tensor) -> Tensor:
        """Boxes ``(n, *shape)`` from latents ``(n, latent)``."""
        boxes: Tensor = self.decoder(self.unfold(latents[:, : self.decoded]))
        return boxes


def reconstruction_error(boxes: Tensor, reconstructed: Tensor) -> Tensor:
    """``(n,)`` nats: half the squared error, summed over the voxels of each box.

    It is minus the log-likelihood under noise of variance 1, which normalised boxes have, without
    its constant: the unit of :func:`code_divergence`, so that beta = 1 is the evidence bound.
    """
    return 0.5 * (reconstructed - boxes).square().flatten(1).sum(1)


def code_divergence(code: Code) -> Tensor:
    """``(n,)`` nats: KL(code || standard normal), summed over the latents of each box."""
    mean, log_variance = code
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(1)
