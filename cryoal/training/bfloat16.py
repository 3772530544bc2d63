"""Which layers this processor teaches rightly in bfloat16, asked of those that will learn."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import nn

from cryoal.feed.device import autocast, computes_in
from cryoal.models.base import Network
from cryoal.models.shapes import layer_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from torch import Tensor

    from cryoal.companions.team import Team

__all__ = ["BOUND", "kept_in_float32", "wrong_in_bfloat16"]

BOUND = 0.01
"""Largest error of a gradient, as a share of its largest element.

Rounding to bfloat16 is off by up to 2^-9 of a value. A sum that is rounded at each of its terms
wanders by the root of their number: 32 times as far for a thousand. Measured with torch 2.13:
0.004 with AVX512-BF16, 0.015 where sums are kept in bfloat16 (a processor without, on which it is
slower besides), and 0.99 to NaN where oneDNN is wrong: 3^3 convolutions of 2 x 2 x 2 voxels with
AVX512-BF16.
"""

TRIES = 3  # what is never written differs from run to run

_right: dict[Hashable, bool] = {}


def wrong_in_bfloat16(team: Team, shape: tuple[int, ...], precision: str) -> dict[str, nn.Module]:
    """The layers, by role and name, whose gradients are wrong in bfloat16 for batches of `shape`.

    Each kind of convolution or linear layer, by sizes of layer and input, is asked once in a
    process: gradients of its input and parameters in bfloat16 against those in float32, of the same
    numbers; wrong is what is off by more than :data:`BOUND`. Only a CPU that is to compute in
    bfloat16 is asked.
    """
    device = next(team.teacher.parameters()).device
    if device.type != "cpu" or computes_in(precision, device) != torch.bfloat16:
        return {}
    wrong: dict[str, nn.Module] = {}
    for role, model in team.models().items():
        networks = [m for m in model.modules() if isinstance(m, Network)]
        for network in networks:
            for name, layer, *sides in layer_shapes(network, shape[1:]):
                if not isinstance(layer, nn.modules.conv._ConvNd | nn.Linear):
                    continue
                taken, given = ((shape[0], *side) for side in sides)
                kind = (type(layer), layer.extra_repr(), taken)
                if kind not in _right:
                    _right[kind] = _error(layer, taken, given) <= BOUND  # NaN is not
                if not _right[kind]:
                    wrong[f"{role} {name}"] = layer
    return wrong


@contextmanager
def kept_in_float32(layers: Iterable[nn.Module]) -> Iterator[None]:
    """Inside, these layers compute in float32, whatever autocast says."""
    layers = list(layers)
    for layer in layers:
        layer.forward = _in_float32(layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward  # that of the class is there again


def _in_float32(layer: nn.Module) -> Callable[[Tensor], Tensor]:
    plain = layer.forward

    def forward(x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            result: Tensor = plain(x.float())
        return result

    return forward


def _error(layer: nn.Module, taken: tuple[int, ...], given: tuple[int, ...]) -> float:
    """The largest error of all tries; NaN where there is one."""
    generator = torch.Generator().manual_seed(0)

    def numbers(shape: tuple[int, ...]) -> Tensor:
        """Random ones that bfloat16 can hold, so that both precisions multiply the same."""
        return torch.randn(shape, generator=generator).bfloat16().float()

    probe = copy.deepcopy(layer).requires_grad_()
    with torch.no_grad():
        for parameter in probe.parameters():
            parameter.copy_(numbers(tuple(parameter.shape)))
    x, back = numbers(taken).requires_grad_(), numbers(given)
    right = _gradients(probe, x, back, "float32")
    errors = [
        ((found - wanted).abs().max() / wanted.abs().max().clamp_min(1e-30)).item()
        for _ in range(TRIES)
        for found, wanted in zip(_gradients(probe, x, back, "bfloat16"), right, strict=True)
    ]
    return next((error for error in errors if error != error), max(errors))


def _gradients(layer: nn.Module, x: Tensor, back: Tensor, precision: str) -> list[Tensor]:
    with torch.enable_grad(), autocast(precision, x.device):
        y = layer(x)
    return [g.float() for g in torch.autograd.grad(y, [x, *layer.parameters()], back.to(y.dtype))]
