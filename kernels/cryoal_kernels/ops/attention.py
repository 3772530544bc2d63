"""Attention maps and their distances as operators with gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from cryoal_kernels.dispatch import implementation
from cryoal_kernels.ops.operator import operator
from cryoal_kernels.reference.blocks import computing_dtype

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = [
    "attention_maps",
    "attention_maps_backward",
    "map_distance",
    "map_distance_backward",
    "tap_backward",
]


@operator("(Tensor[] features) -> Tensor[]")
def attention_maps(features: Sequence[Tensor]) -> list[Tensor]:
    """``(n, voxels)`` from ``(n, c, ...)``; many at once, because calls cost too."""
    functions = implementation(features[0], "attention")
    return [functions.attention_map(x) for x in features]


@attention_maps.register_fake
def _(features: Sequence[Tensor]) -> list[Tensor]:
    return [x.new_empty((x.shape[0], x[0, 0].numel()), dtype=computing_dtype(x)) for x in features]


@operator("(Tensor[] features, Tensor[] grad_maps) -> Tensor[]")
def attention_maps_backward(
    features: Sequence[Tensor], grad_maps: Sequence[Tensor]
) -> list[Tensor]:
    """Gradients of the features from those of their maps."""
    functions = implementation(features[0], "attention")
    return [
        functions.attention_map_backward(x, grad, None)
        for x, grad in zip(features, grad_maps, strict=True)
    ]


@attention_maps_backward.register_fake
def _(features: Sequence[Tensor], grad_maps: Sequence[Tensor]) -> list[Tensor]:
    return [_like(x) for x in features]


def _keep_features(ctx: Any, inputs: tuple[list[Tensor]], output: list[Tensor]) -> None:
    ctx.save_for_backward(*inputs[0])


def _through_maps(ctx: Any, grad_maps: list[Tensor]) -> list[Tensor | None]:
    needed = ctx.needs_input_grad[0]
    pairs = [
        (x, grad)
        for x, grad, wanted in zip(ctx.saved_tensors, grad_maps, needed, strict=True)
        if wanted
    ]
    found = iter(attention_maps_backward(*map(list, zip(*pairs, strict=True))) if pairs else ())
    return [next(found) if wanted else None for wanted in needed]


attention_maps.register_autograd(_through_maps, setup_context=_keep_features)


@operator("(Tensor features, Tensor grad_map, Tensor also) -> Tensor")
def tap_backward(features: Tensor, grad_map: Tensor, also: Tensor) -> Tensor:
    """Gradient of the features from that of their map, plus `also`, in one pass."""
    functions = implementation(features, "attention")
    grad: Tensor = functions.attention_map_backward(features, grad_map, also)
    return grad


@tap_backward.register_fake
def _(features: Tensor, grad_map: Tensor, also: Tensor) -> Tensor:
    return _like(features)


def _like(features: Tensor) -> Tensor:
    """With the strides of `features` where they fill memory."""
    return torch.empty_like(features.flatten(start_dim=2)).view(features.shape)


@operator("(Tensor[] student, Tensor[] teacher, bool squared, float eps) -> (Tensor, Tensor)")
def map_distance(
    student: Sequence[Tensor], teacher: Sequence[Tensor], squared: bool, eps: float
) -> tuple[Tensor, Tensor]:
    """Distances ``(n, modules)`` and what their gradient needs."""
    functions = implementation(student[0], "attention")
    distances, state = functions.map_distance(student, teacher, squared, eps)
    return distances, state


@map_distance.register_fake
def _(
    student: Sequence[Tensor], teacher: Sequence[Tensor], squared: bool, eps: float
) -> tuple[Tensor, Tensor]:
    n, modules, dtype = student[0].shape[0], len(student), computing_dtype(*student, *teacher)
    like = student[0]
    return like.new_empty((n, modules), dtype=dtype), like.new_empty((n, modules, 5), dtype=dtype)


@operator("(Tensor grad, Tensor[] student, Tensor[] teacher, Tensor state, bool both) -> Tensor[]")
def map_distance_backward(
    grad: Tensor, student: Sequence[Tensor], teacher: Sequence[Tensor], state: Tensor, both: bool
) -> list[Tensor]:
    """Gradients of the student's maps and, with `both`, of the teacher's after them."""
    functions = implementation(grad, "attention")
    return list(functions.map_distance_backward(grad, student, teacher, state, both))


@map_distance_backward.register_fake
def _(
    grad: Tensor, student: Sequence[Tensor], teacher: Sequence[Tensor], state: Tensor, both: bool
) -> list[Tensor]:
    return [torch.empty_like(m) for m in (*student, *(teacher if both else ()))]


def _keep_maps(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    student, teacher, _, _ = inputs
    ctx.modules = len(student)
    ctx.save_for_backward(*student, *teacher, output[1])
    ctx.set_materialize_grads(False)


def _through_distance(ctx: Any, grad: Tensor | None, _: Any) -> tuple[Any, ...]:
    nothing = [None] * ctx.modules
    if grad is None:
        return nothing, nothing, None, None
    *maps, state = ctx.saved_tensors
    student, teacher = maps[: ctx.modules], maps[ctx.modules :]
    both = any(ctx.needs_input_grad[1])
    grads = map_distance_backward(grad, student, teacher, state, both)
    return grads[: ctx.modules], grads[ctx.modules :] if both else nothing, None, None


map_distance.register_autograd(_through_distance, setup_context=_keep_maps)
