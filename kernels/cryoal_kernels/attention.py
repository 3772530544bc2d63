"""Attention transfer: where two networks look, and how far apart that is (eq. 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import torch

from cryoal_kernels.ops import attention as ops

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor

__all__ = ["Distance", "Reduction", "attention_map", "attention_transfer_loss", "tap"]

Distance: TypeAlias = Literal["l2", "mse"]
Reduction: TypeAlias = Literal["mean", "sum", "none"]


def attention_map(features: Tensor) -> Tensor:
    """Where a module looks: squared activations summed over the channels (Sec. III-B).

    Parameters
    ----------
    features
        ``(n, c, d, h, w)`` or ``(n, c, h, w)``, any floating dtype and strides.

    Returns
    -------
    Tensor
        ``(n, voxels)`` float32, float64 for float64; not normalised. Its gradient is computed from
        `features` again: nothing else is kept.

    Raises
    ------
    ValueError
        `features` have no spatial dimension.
    TypeError
        `features` are not floating point.
    """
    _require_features(features)
    maps: list[Tensor] = ops.attention_maps([features])
    return maps[0]


def tap(features: Tensor) -> tuple[Tensor, Tensor]:
    """`features` as they are, and their :func:`attention_map`.

    Use the first in place of `features` from here on: its gradient and that of the map then meet in
    one kernel, instead of one full-sized gradient more and a sum of two.
    """
    _require_features(features)
    passed, attention = _Tap.apply(features)  # type: ignore[no-untyped-call]
    return passed, attention


def attention_transfer_loss(
    student: Sequence[Tensor],
    teacher: Sequence[Tensor],
    *,
    distance: Distance = "l2",
    eps: float = 1e-12,
    reduction: Reduction = "mean",
    teacher_grad: bool = False,
) -> Tensor:
    """Distance between normalised attention maps, summed over modules (eq. 1).

    Parameters
    ----------
    student, teacher
        Feature maps of matching modules, each ``(n, c_l, d, h, w)`` or ``(n, c_l, h, w)``, or their
        attention maps ``(n, voxels)``, as :class:`FeatureTap` gives them. Channel counts may
        differ, spatial sizes may not.
    distance
        ``"l2"``: the norm of eq. 1. ``"mse"``: the mean square of the code of Zagoruyko and
        Komodakis (2017), about 10^4 times smaller; use another weight.
    eps
        Maps of a smaller norm are divided by this: dead features cost 1 and have no gradient.
    reduction
        ``"mean"`` or ``"sum"`` over the batch, of the sum over modules; ``"none"``:
        ``(n, modules)``.
    teacher_grad
        Whether gradients reach `teacher`. In the paper they do not.

    Returns
    -------
    Tensor
        Scalar in [0, sqrt(2) N] for N modules and the mean of ``"l2"``, because maps are >= 0.
        float32, float64 if a module is float64. It can be differentiated once.

    Raises
    ------
    ValueError
        The number of modules, a batch, a spatial size or a device differs; names the module.

    Examples
    --------
    >>> student, teacher = torch.tensor([[[[3.0, 4.0]]]]), torch.tensor([[[[1.0, 0.0]]]])
    >>> round(attention_transfer_loss([student], [teacher]).item(), 4)
    1.0097
    """
    if distance not in ("l2", "mse"):
        raise ValueError(f"expected distance 'l2' or 'mse', found {distance!r}")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"expected reduction 'mean', 'sum' or 'none', found {reduction!r}")
    if len(student) != len(teacher) or not student:
        raise ValueError(
            f"expected as many student as teacher modules, found {len(student)} and {len(teacher)}"
        )
    for number, (s, t) in enumerate(zip(student, teacher, strict=True), start=1):
        if not _match(s, t):
            raise ValueError(
                f"expected maps of one batch and spatial size in module {number},"
                f" found student {tuple(s.shape)} and teacher {tuple(t.shape)}"
            )
        if not s.device == t.device == student[0].device:
            raise ValueError(
                f"expected all on {student[0].device}, found {s.device} and {t.device}"
                f" in module {number}"
            )
    maps = (
        _maps(x if is_student or teacher_grad else x.detach() for x in both)
        for is_student, both in ((True, student), (False, teacher))
    )
    losses: Tensor = ops.map_distance(*maps, distance == "mse", eps)[0]
    if reduction == "none":
        return losses
    return losses.sum() / len(losses) if reduction == "mean" else losses.sum()


class _Tap(torch.autograd.Function):
    """Pass-through; what is saved is what the next layer saves too."""

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(features)
        ctx.set_materialize_grads(False)
        return features.view_as(features), ops.attention_maps([features])[0]

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        grad_features, grad_map = grads
        if grad_map is None:
            return grad_features
        (features,) = ctx.saved_tensors
        if grad_features is None:
            return ops.attention_maps_backward([features], [grad_map])[0]
        return ops.tap_backward(features, grad_map, grad_features)


def _match(s: Tensor, t: Tensor) -> bool:
    """Whether both have one batch and spatial size; a map knows only how many voxels it has."""
    if min(s.ndim, t.ndim) < 2:
        return False
    if 2 in (s.ndim, t.ndim):
        (n, voxels), (m, others) = ((x.shape[0], x.numel() // _depth(x)) for x in (s, t))
        return n == m and voxels == others
    return s.shape[:1] + s.shape[2:] == t.shape[:1] + t.shape[2:]


def _depth(x: Tensor) -> int:
    """Batch times channels; maps have one channel."""
    return max(1, x.shape[0] * (1 if x.ndim == 2 else x.shape[1]))


def _maps(modules: Iterable[Tensor]) -> list[Tensor]:
    """Attention maps of the modules that are not maps already."""
    modules = list(modules)
    for x in modules:
        _require_floating(x)
    features = [x for x in modules if x.ndim != 2]
    found = iter(ops.attention_maps(features) if features else ())
    return [
        next(found) if x.ndim != 2 else x if x.dtype == torch.float64 else x.float()
        for x in modules
    ]


def _require_features(features: Tensor) -> None:
    if features.ndim < 3:
        raise ValueError(f"expected features (n, c, ...), found shape {tuple(features.shape)}")
    _require_floating(features)


def _require_floating(x: Tensor) -> None:
    if not x.is_floating_point():
        raise TypeError(f"expected features of a floating dtype, found {x.dtype}")
