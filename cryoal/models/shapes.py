"""What every layer of a network takes and gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from cryoal.models.base import Network

__all__ = ["LayerShapes", "layer_shapes"]


class LayerShapes(NamedTuple):
    """One layer, as it was met on the way; shapes without the axis of the batch."""

    name: str
    layer: nn.Module
    taken: tuple[int, ...]
    given: tuple[int, ...]


def layer_shapes(network: Network, shape: tuple[int, ...]) -> list[LayerShapes]:
    """The layers of `network` in the order in which an input ``(channels, ...)`` passes them.

    Layers are modules without modules in them that take a tensor and give one. One empty input is
    shown (torch's tensors without content would spare that, and import sympy for a second or more);
    weights, running statistics and modes stay as they are.
    """
    found: list[LayerShapes] = []

    def look_at(name: str, layer: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def hook(_: nn.Module, given: tuple[object, ...], result: object) -> None:
            if given and isinstance(given[0], Tensor) and isinstance(result, Tensor):
                found.append(
                    LayerShapes(name, layer, tuple(given[0].shape[1:]), tuple(result.shape[1:]))
                )

        return layer.register_forward_hook(hook)

    leaves = [(name, m) for name, m in network.named_modules() if not any(m.children())]
    before = [(layer, layer.training) for layer in network.modules()]
    handles = [look_at(name, layer) for name, layer in leaves]
    network.eval()  # batch norm in train mode refuses one value a channel
    try:
        with torch.inference_mode():
            network(torch.zeros((1, *shape), device=next(network.parameters()).device))
    finally:
        for handle in handles:
            handle.remove()
        for layer, training in before:
            layer.training = training
    return found
