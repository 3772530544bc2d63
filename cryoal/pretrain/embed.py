"""What the encoder says of boxes: the same row for a box and for every move of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.descriptors.crop import fourier_crop
from cryoal.feed.moves import apply_moves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.pretrain.pretrained import Pretrained

__all__ = ["EMBEDDING_VERSION", "embed"]

EMBEDDING_VERSION = 1
"""Raised when the same encoder gives other rows."""
TOGETHER = 64


def embed(pretrained: Pretrained, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows ``(n, columns)``: the mean embedding of a box over its allowed moves.

    Computed where the encoder is, some boxes at a time and always as many, so that a row depends on
    its box alone, not on those that it comes with.

    Parameters
    ----------
    boxes
        ``(n, d, h, w)``, normalised, of the edge that the encoder learned from; cropped here.
    """
    encoder = pretrained.encoder
    device = next(encoder.parameters()).device
    rows = np.empty((len(boxes), pretrained.columns), dtype=np.float32)
    for start in range(0, len(boxes), TOGETHER):
        part = boxes[start : start + TOGETHER]
        filled = np.zeros((TOGETHER, *part.shape[1:]), dtype=np.float32)
        filled[: len(part)] = part
        cropped = fourier_crop(torch.from_numpy(filled).to(device), pretrained.side)[:, None]
        found = _mean(encoder, cropped, pretrained.moves)
        rows[start : start + TOGETHER] = found[: len(part)]
    return rows


@torch.no_grad()
def _mean(
    encoder: torch.nn.Module, boxes: torch.Tensor, moves: NDArray[np.int64]
) -> NDArray[np.float32]:
    still = np.zeros((len(boxes), 3), dtype=np.int64)
    total: torch.Tensor | None = None
    for signs in moves:
        moved = apply_moves(boxes, np.broadcast_to(signs, still.shape), still)
        found = encoder(moved).embedding
        total = found if total is None else total + found
    assert total is not None
    mean: NDArray[np.float32] = (total / len(moves)).cpu().numpy()
    return mean
