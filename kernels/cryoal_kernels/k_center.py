"""Cover a feature space with few rows (Sener and Savarese, 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal_kernels.ops import selection as ops

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["greedy_k_center"]


def greedy_k_center(features: Tensor, k: int, *, centers: Tensor | None = None) -> Tensor:
    """Rows that cover the others: each is the farthest from all centers before it.

    The radius of such a cover is at most twice the smallest possible one.

    Parameters
    ----------
    features
        ``(n, f)`` of any floating dtype; computed in float32 (float64 for float64).
    k
        How many rows to choose, at most n.
    centers
        ``(m, f)``, chosen before, for instance the labelled ones. Without any, the first choice is
        row 0.

    Returns
    -------
    Tensor
        ``(k,)`` int64, row numbers in the order of choice, none twice. Distances are Euclidean;
        of equally far rows the first is taken. Rows with NaN come last.

    Raises
    ------
    ValueError
        Shapes or devices differ, or `k` is not in 0 .. n.

    Examples
    --------
    >>> import torch
    >>> greedy_k_center(torch.tensor([[0.0], [1.0], [9.0], [4.0]]), 3)
    tensor([0, 2, 3])
    """
    if features.ndim != 2 or features.shape[1] == 0:
        raise ValueError(f"expected features (n, f), found shape {tuple(features.shape)}")
    if centers is None:
        centers = features[:0]
    if centers.ndim != 2 or centers.shape[1] != features.shape[1]:
        raise ValueError(
            f"expected centers (m, {features.shape[1]}), found shape {tuple(centers.shape)}"
        )
    if centers.device != features.device:
        raise ValueError(f"expected centers on {features.device}, found {centers.device}")
    if not (features.is_floating_point() and centers.is_floating_point()):
        raise TypeError(f"expected floating features, found {features.dtype} and {centers.dtype}")
    if not 0 <= k <= len(features):
        raise ValueError(f"expected k in 0 .. {len(features)}, found {k}")
    rows: Tensor = ops.greedy_k_center(features.detach(), centers.detach(), k)
    return rows
