"""The boxes of a page as text: one byte a voxel, binned where they would not fit."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.data.pool import Pool
    from cryoal.progress import Progress

__all__ = ["BUDGET", "RANGE", "Embedded", "decoded", "embed", "encoded"]

RANGE = (-5.0, 6.0)
"""z-scores of the bytes 0 and 255. Half a step is at most one grey level of the window; a wider
range would be coarser, a narrower one cut off what the mean of a slab needs."""

BUDGET = 48_000_000  # bytes of a page's boxes; base64 makes a third more of them
STEP = 64  # boxes read at a time


@dataclass(frozen=True)
class Embedded:
    """The boxes of a page."""

    edge: int
    """Voxels, after binning."""
    binning: int
    """Voxels of the pool that became one, along each axis."""
    lines: tuple[str, ...]
    """Base64 of the bytes of each box, z slowest."""


def embed(
    pool: Pool, rows: Sequence[int], *, budget: int = BUDGET, progress: Progress = SILENT
) -> Embedded:
    """The boxes of `rows`, in their order; binned by the smallest factor that fits `budget`."""
    factor = _binning(pool.box, len(rows), budget)
    lines: list[str] = []
    starts = range(0, len(rows), STEP)
    for start in progress.track(starts, "reading boxes", unit=f"times {STEP} boxes"):
        boxes = pool.read_shown(np.array(rows[start : start + STEP], np.int64))
        lines += [_text(encoded(_binned(box, factor))) for box in boxes]
    return Embedded(pool.box // factor, factor, tuple(lines))


def encoded(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """z-scores as bytes; what is outside :data:`RANGE` is taken for its border."""
    low, high = RANGE
    steps = 255 * np.clip((values - low) / (high - low), 0, 1)
    codes: NDArray[np.uint8] = np.rint(steps).astype(np.uint8)
    return codes


def decoded(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The z-scores that bytes stand for, as the page computes them."""
    low, high = RANGE
    return (low + codes.astype(np.float32) * np.float32((high - low) / 255)).astype(np.float32)


def _binning(edge: int, n: int, budget: int) -> int:
    factors = [f for f in range(1, edge + 1) if edge % f == 0]
    return next((f for f in factors if n * (edge // f) ** 3 <= budget), factors[-1])


def _binned(box: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    if factor == 1:
        return box
    edge = box.shape[0] // factor
    parts = box.reshape(edge, factor, edge, factor, edge, factor)
    means: NDArray[np.float32] = parts.mean(axis=(1, 3, 5))
    return means


def _text(codes: NDArray[np.uint8]) -> str:
    return base64.b64encode(codes.tobytes()).decode("ascii")
