"""Boxes on their way from the pool to the device."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.data.box_source import BoxSource

__all__ = ["KEPT_BYTES", "TrainingBoxes", "as_batch", "stream_boxes"]

KEPT_BYTES = 2 << 30


class TrainingBoxes:
    """The boxes of a training set, read once and kept on the device unless they are too many.

    Parameters
    ----------
    pool, index
        Which boxes, by position in the pool.
    device
        Where they are used.
    keep
        Bytes up to which they are kept; more are read batch by batch.
    """

    def __init__(
        self,
        pool: BoxSource,
        index: NDArray[np.int64],
        device: torch.device,
        keep: int = KEPT_BYTES,
    ) -> None:
        self._pool, self._index, self._device = pool, index, device
        self._kept: Tensor | None = None
        size = pool.read_normalised(index[:1]).nbytes * len(index)
        if size <= keep:
            self._kept = self._read(np.arange(len(index)))

    def __getitem__(self, rows: NDArray[np.int64]) -> Tensor:
        """``(m, 1, d, h, w)`` float32 for positions in the training set."""
        if self._kept is None:
            return self._read(rows)
        return self._kept[torch.from_numpy(rows).to(self._device)]

    def in_order(self, parts: Sequence[NDArray[np.int64]]) -> Iterator[Tensor]:
        """The same for each of `parts` in turn; what is not kept is read one part ahead."""
        if self._kept is not None:
            return (self[rows] for rows in parts)
        return _stream(self._pool, [self._index[rows] for rows in parts], self._device)

    def _read(self, rows: NDArray[np.int64]) -> Tensor:
        return as_batch(self._pool, self._index[rows], self._device)


def stream_boxes(
    pool: BoxSource, index: NDArray[np.int64], batch_size: int, device: torch.device
) -> Iterator[Tensor]:
    """Boxes ``(m, 1, d, h, w)`` float32 in the order of `index`, one batch read ahead."""
    parts = [index[start : start + batch_size] for start in range(0, len(index), batch_size)]
    return _stream(pool, parts, device)


def _stream(
    pool: BoxSource, parts: Sequence[NDArray[np.int64]], device: torch.device
) -> Iterator[Tensor]:
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="cryoal-read") as reader:
        ahead = reader.submit(pool.read_normalised, parts[0]) if parts else None
        for following in [*parts[1:], None]:
            if ahead is None:
                return
            boxes = ahead.result()
            ahead = None if following is None else reader.submit(pool.read_normalised, following)
            yield _as_tensor(pool, boxes, device)


def as_batch(pool: BoxSource, index: NDArray[np.int64], device: torch.device) -> Tensor:
    """What networks take, ``(m, channels, ...)`` float32, for positions in the pool."""
    return _as_tensor(pool, pool.read_normalised(index), device)


def _as_tensor(pool: BoxSource, boxes: NDArray[np.float32], device: torch.device) -> Tensor:
    batch = torch.from_numpy(np.ascontiguousarray(boxes, dtype=np.float32)).to(device)
    return batch if hasattr(pool, "channels") else batch[:, None]
