"""The best of a stream, the same whatever its batches."""

from __future__ import annotations

import warnings
from typing import Literal

import torch
from torch import Tensor

__all__ = ["StreamingTopK"]

_MOST_IDS = 2**32


class StreamingTopK:
    """Keeps the `k` highest scores of all that were shown, and whose they are.

    The result depends on the set of (score, id) alone: not on batches, nor on their order, nor on
    the device. Equal scores go by the smaller id, where `torch.topk` on a GPU takes any. Nothing
    waits for the device before :meth:`result`.

    Parameters
    ----------
    k
        How many to keep.
    device
        Where scores come from.
    nan_policy
        ``"last"``: NaN ranks below -inf, and :meth:`result` warns; ``"raise"``: it raises.

    Examples
    --------
    >>> best = StreamingTopK(2)
    >>> best.update(torch.tensor([0.5, 0.9]), torch.tensor([7, 4]))
    >>> best.update(torch.tensor([0.9]), torch.tensor([3]))
    >>> best.result()
    (tensor([0.9000, 0.9000]), tensor([3, 4]))
    """

    def __init__(
        self,
        k: int,
        device: torch.device | str = "cpu",
        *,
        nan_policy: Literal["last", "raise"] = "last",
    ) -> None:
        if k < 1:
            raise ValueError(f"expected k of at least 1, found {k}")
        if nan_policy not in ("last", "raise"):
            raise ValueError(f"expected nan_policy 'last' or 'raise', found {nan_policy!r}")
        self.k = k
        self.nan_policy = nan_policy
        self._keys = torch.empty(0, dtype=torch.int64, device=device)
        self._n_nan = torch.zeros((), dtype=torch.int64, device=device)
        self._n_strange = torch.zeros((), dtype=torch.int64, device=device)

    def update(self, scores: Tensor, ids: Tensor) -> None:
        """Show `scores` ``(n,)``, compared in float32, and their `ids` ``(n,)`` in [0, 2^32)."""
        if scores.ndim != 1 or scores.shape != ids.shape:
            raise ValueError(
                f"expected scores (n,) and ids (n,),"
                f" found {tuple(scores.shape)} and {tuple(ids.shape)}"
            )
        if ids.dtype != torch.int64:
            raise TypeError(f"expected ids of int64, found {ids.dtype}")
        ids = ids.to(self._keys.device)
        self._n_strange += ((ids < 0) | (ids >= _MOST_IDS)).sum()
        self._n_nan += scores.isnan().sum()
        keys = torch.cat([self._keys, _key(scores.detach(), ids)])
        self._keys = keys.topk(min(self.k, len(keys))).values  # keys differ: no ties to break

    def result(self) -> tuple[Tensor, Tensor]:
        """``(scores, ids)``, float32 and int64, best first; fewer than `k` if fewer were shown.

        Raises
        ------
        ValueError
            An id was out of range, or a score NaN under ``nan_policy="raise"``.
        """
        if n := int(self._n_strange):
            raise ValueError(f"expected ids from 0 to {_MOST_IDS - 1}, found {n} others")
        if n := int(self._n_nan):
            message = f"{n} of the scores are NaN"
            if self.nan_policy == "raise":
                raise ValueError(f"expected scores that can be ranked, but {message}")
            warnings.warn(f"{message}: they rank last", stacklevel=2)
        return _score(self._keys), _MOST_IDS - 1 - (self._keys & (_MOST_IDS - 1))


# A score and its id as one integer that sorts like (score, -id). The bits of positive floats sort
# like integers; those of negative ones the other way round.


def _key(scores: Tensor, ids: Tensor) -> Tensor:
    plain = scores.to(device=ids.device, dtype=torch.float32) + 0.0  # -0.0 ties with 0.0
    bits = plain.view(torch.int32)
    rank = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).long()
    rank = torch.where(plain.isnan(), -(2**31), rank)  # below -inf
    return (rank << 32) | (_MOST_IDS - 1 - ids)


def _score(keys: Tensor) -> Tensor:
    rank = (keys >> 32).to(torch.int32)
    scores = torch.where(rank < 0, rank ^ 0x7FFFFFFF, rank).view(torch.float32)
    return torch.where(rank == -(2**31), torch.nan, scores)
