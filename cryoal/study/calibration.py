"""Temperature scaling before scoring (Fig. 6; Guo et al., 2017)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["calibrated", "temperature"]

_GRID = np.geomspace(0.05, 20.0, 121)


def temperature(log_posterior: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """The temperature in [0.05, 20] under which the truth is likeliest.

    The negative log-likelihood is convex in 1/T; it is read on a geometric grid of 121 points, then
    refined by golden sections between the neighbours of the best.

    Parameters
    ----------
    log_posterior
        ``(n, classes)``, nats; log-posteriors are logits.
    truth
        ``(n,)`` class numbers.
    """
    logits = log_posterior.astype(np.float64)

    def loss(t: float) -> float:
        scaled = logits / t
        top = scaled.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
        return float((total - scaled[np.arange(len(truth)), truth]).mean())

    best = int(np.argmin([loss(t) for t in _GRID]))
    low, high = np.log(_GRID[max(0, best - 1)]), np.log(_GRID[min(len(_GRID) - 1, best + 1)])
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(float(np.exp(left))) < loss(float(np.exp(right))):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def calibrated(evidence: Evidence, temperatures: Mapping[str, float]) -> Evidence:
    """The same candidates, with the named log-posteriors divided by their temperature."""
    values = dict(evidence.values)
    for field, t in temperatures.items():
        scaled = values[field].astype(np.float64) / t
        top = scaled.max(axis=1, keepdims=True)
        total = top + np.log(np.exp(scaled - top).sum(axis=1, keepdims=True))
        values[field] = (scaled - total).astype(np.float32)
    return replace(evidence, values=values)
