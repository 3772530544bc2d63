"""Squares from anywhere in the frames of a segmentation, on their way to the device."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.machine import processors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.data.box_source import FrameSource

__all__ = ["random_squares"]

AHEAD = 4  # batches: whoever decodes faster than is learned never lets the device wait


def random_squares(
    source: FrameSource,
    parts: Sequence[NDArray[np.int64]],
    rng: np.random.Generator,
    device: torch.device,
    *,
    mine: Sequence[slice] | None = None,
    workers: int | None = None,
    ahead: int = AHEAD,
) -> Iterator[tuple[Tensor, Tensor]]:
    """For each of `parts` images ``(m, channels, h, w)`` float32 and masks ``(m, h, w)`` int64.

    Frames are decoded and cut by threads, by default one for each processor, up to `ahead` batches
    before they are asked for. Which squares they are depends on `rng` alone. Of each part the
    squares in `mine` are cut, by default all.
    """
    places = [rng.random((len(part), 2)).tolist() for part in parts]
    if mine is not None:
        places = [where[some] for where, some in zip(places, mine, strict=True)]
        parts = [part[some] for part, some in zip(parts, mine, strict=True)]
    pool = ThreadPoolExecutor(workers or processors(), thread_name_prefix="cryoal-squares")
    waiting: deque[list[Future[tuple[NDArray[np.float32], NDArray[np.int8]]]]] = deque()
    try:
        for part, where in zip(parts, places, strict=True):
            waiting.append(
                [
                    pool.submit(source.read_square, int(number), (down, right))
                    for number, (down, right) in zip(part, where, strict=True)
                ]
            )
            if len(waiting) > ahead:
                yield _together([square.result() for square in waiting.popleft()], device)
        while waiting:
            yield _together([square.result() for square in waiting.popleft()], device)
    finally:
        pool.shutdown(cancel_futures=True)


def _together(
    squares: Sequence[tuple[NDArray[np.float32], NDArray[np.int8]]], device: torch.device
) -> tuple[Tensor, Tensor]:
    images, masks = (torch.from_numpy(np.stack(arrays)) for arrays in zip(*squares, strict=True))
    return images.to(device), masks.to(device, torch.int64)
