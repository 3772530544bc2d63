"""The teacher's last layer with parts of the embedding dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["dropped_logits", "entropy", "log_softmax"]

BLOCK = 1 << 22  # logits at a time: 32 MB in float64


def dropped_logits(
    evidence: Evidence, p: float, passes: int, rng: np.random.Generator
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Rows, and their logits in each pass, ``(rows, passes, classes)`` float32.

    Each pass drops a share `p` of the features before the last layer and scales the others by
    ``1 / (1 - p)``. The backbone, and so batch normalisation, is not run again: a pass costs one
    small product. All candidates share the masks, so that their order cannot matter.
    """
    weight, bias = evidence.head
    kept = rng.random((passes, 1, weight.shape[1])) >= p
    heads = (weight * (kept / (1.0 - p))).astype(np.float32)  # (passes, classes, features)
    flat = heads.reshape(-1, weight.shape[1]).T
    step = max(1, BLOCK // flat.shape[1])
    for begin in range(0, len(evidence), step):
        rows = slice(begin, begin + step)
        logits = (evidence.embedding[rows] @ flat).reshape(-1, passes, len(weight))
        yield rows, logits + bias


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Over the last axis, float64."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted


def entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the last axis, nats; 0 log 0 = 0."""
    return np.asarray(-(p * np.log(np.maximum(p, np.finfo(np.float64).tiny))).sum(axis=-1))
