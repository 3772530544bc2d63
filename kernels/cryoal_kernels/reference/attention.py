"""Eq. 1 in three steps: maps of features, distances of maps, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from cryoal_kernels.reference.blocks import column_blocks, computing_dtype

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["attention_map", "attention_map_backward", "map_distance", "map_distance_backward"]


def attention_map(features: Tensor) -> Tensor:
    """Sum of squared activations over the channels, ``(n, c, ...)`` to ``(n, voxels)``, >= 0."""
    dtype = computing_dtype(features)  # 512 squares overflow float16
    flat = features.flatten(start_dim=2)  # (n, c, voxels)
    n, channels, voxels = flat.shape
    maps = torch.empty(n, voxels, dtype=dtype, device=features.device)
    for rows, columns in column_blocks(n, channels, voxels):
        block = flat[rows, :, columns].to(dtype)
        torch.sum(block.square(), dim=1, out=maps[rows, columns])
    return maps


def attention_map_backward(features: Tensor, grad_map: Tensor, also: Tensor | None) -> Tensor:
    """``2 features grad_map``, plus the gradient `also` of whoever else reads the features."""
    dtype = computing_dtype(features)
    flat = features.flatten(start_dim=2)  # (n, c, voxels)
    grad = torch.empty_like(flat)
    more = None if also is None else also.flatten(start_dim=2)
    twice = 2 * grad_map.to(dtype)
    for rows, columns in column_blocks(*flat.shape):
        factor = twice[rows, None, columns]
        if more is None:
            torch.mul(flat[rows, :, columns], factor, out=grad[rows, :, columns])
        else:
            product = flat[rows, :, columns] * factor
            torch.add(product, more[rows, :, columns], out=grad[rows, :, columns])
    return grad.view(features.shape)


def map_distance(
    student: Sequence[Tensor], teacher: Sequence[Tensor], squared: bool, eps: float
) -> tuple[Tensor, Tensor]:
    """Distances of matching maps ``(n, voxels)``, divided by their norms first.

    Returns
    -------
    distances
        ``(n, modules)``: the norm of the difference of the two maps (eq. 1), or with `squared` the
        mean of its square.
    state
        ``(n, modules, 5)``, what the gradient needs: both norms, the slope, and how much of each
        gradient is along its own map, where normalisation takes it away. That is a sum of products
        and not half the square of the distance, which it equals on paper: for unit maps that are
        unit but for rounding, and alike but for rounding, nothing else takes it away entirely.
    """
    dtype = computing_dtype(*student, *teacher)
    columns, states = [], []
    for s, t in zip(student, teacher, strict=True):
        norm_s, norm_t = (torch.linalg.vector_norm(m, dim=1, dtype=dtype) for m in (s, t))
        u, w = s / norm_s.clamp_min(eps)[:, None], t / norm_t.clamp_min(eps)[:, None]
        difference = u - w
        columns.append(torch.linalg.vector_norm(difference, dim=1))
        along = [torch.linalg.vecdot(m, difference) for m in (u, w)]
        states.append(torch.stack([norm_s, norm_t, *along], dim=1))
    distance, state = torch.stack(columns, dim=1), torch.stack(states, dim=1)
    norms, along_s, along_t = state[..., :2], state[..., 2], -state[..., 3]
    along_s = torch.where(norms[..., 0] < eps, 0.0, along_s)  # dead maps are not normalised
    along_t = torch.where(norms[..., 1] < eps, 0.0, along_t)
    if squared:
        slope = distance.new_tensor([2 / s.shape[1] for s in student]).expand_as(distance)
    else:
        slope = torch.where(distance == 0, 0.0, 1 / distance)  # the subgradient at equal maps
    rest = torch.stack([slope, along_s, along_t], dim=2)
    state = torch.cat([norms.clamp_min(eps), rest], dim=2)
    return distance.square() * slope / 2 if squared else distance, state


def map_distance_backward(
    grad: Tensor, student: Sequence[Tensor], teacher: Sequence[Tensor], state: Tensor, both: bool
) -> list[Tensor]:
    """Gradients of the student's maps and, with `both`, of the teacher's after them."""
    grads_s, grads_t = [], []
    for module, (s, t) in enumerate(zip(student, teacher, strict=True)):
        norm_s, norm_t, slope, along_s, along_t = state[:, module, :, None].unbind(dim=1)
        slope = slope * grad[:, module, None]
        u, w = s / norm_s, t / norm_t
        grads_s.append(slope / norm_s * (u - w - along_s * u))
        if both:
            grads_t.append(slope / norm_t * (w - u - along_t * w))
    return grads_s + grads_t
