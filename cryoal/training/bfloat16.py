"""Whether this processor learns rightly in bfloat16, asked of the very layers that will learn."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch import nn

from cryoal.errors import ConfigError
from cryoal.feed.device import autocast, computes_in
from cryoal.models.base import Network
from cryoal.models.shapes import layer_shapes

if TYPE_CHECKING:
    from collections.abc import Hashable

    from torch import Tensor

    from cryoal.companions.team import Team

__all__ = ["BOUND", "refuse_wrong_gradients"]

BOUND = 1 / 16
"""Largest error of a gradient, as a share of its largest element.

Rounding to bfloat16 is off by up to 2^-9 of a value. A sum that is rounded at each of its terms
wanders by the root of their number: 32 times as far for a thousand. Measured with torch 2.13:
0.004 with AVX512-BF16, 0.015 where sums are kept in bfloat16 (a processor without), and 0.99 to NaN
where oneDNN is wrong: 3^3 convolutions of 2 x 2 x 2 voxels with AVX512-BF16.
"""

TRIES = 3  # what is never written differs from run to run

_passed: set[Hashable] = set()


def refuse_wrong_gradients(team: Team, shape: tuple[int, ...], precision: str) -> None:
    """Check the gradients of all layers that learn from batches of `shape` in bfloat16 on a CPU.

    Each kind of convolution or linear layer, by sizes of layer and input, is asked once in a
    process: gradients of its input and parameters in bfloat16 against those in float32, of the same
    numbers. On another device, or in float32, nothing is done.

    Raises
    ------
    ConfigError
        A gradient is off by more than :data:`BOUND`; names the layer.
    """
    device = next(team.teacher.parameters()).device
    if device.type != "cpu" or computes_in(precision, device) != torch.bfloat16:
        return
    for role, model in team.models().items():
        networks = [m for m in model.modules() if isinstance(m, Network)]
        for network in networks:
            for name, layer, *sides in layer_shapes(network, shape[1:]):
                if not isinstance(layer, nn.modules.conv._ConvNd | nn.Linear):
                    continue
                taken, given = ((shape[0], *side) for side in sides)
                kind = (type(layer), layer.extra_repr(), taken)
                if kind in _passed:
                    continue
                if not (error := _error(layer, taken, given)) <= BOUND:
                    raise ConfigError(
                        "expected train.precision = float32 (or auto) on this processor,"
                        f" found {precision}: the gradient of {role} {name}, {layer}, for inputs"
                        f" {taken} is off by {error:.2g} of its largest element"
                    )
                _passed.add(kind)


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
