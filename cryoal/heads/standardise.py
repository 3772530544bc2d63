"""Blocks of descriptors side by side, each with the same say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["CLIP", "SideBySide"]

CLIP = 5.0
"""Standard deviations; what lies farther out counts as this far."""
_FLAT = 1e-6  # a column whose deviation is below this part of its mean says nothing


class SideBySide:
    """Columns of all blocks as one array: standardised, clipped, each block of unit variance.

    Parameters
    ----------
    mean_std
        For each block its columns' mean and standard deviation over the pool. Columns without
        spread become 0.
    """

    def __init__(
        self, mean_std: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]]
    ) -> None:
        self.names = tuple(mean_std)
        self._mean: dict[str, NDArray[np.float32]] = {}
        self._factor: dict[str, NDArray[np.float32]] = {}
        self._place: dict[str, slice] = {}
        start = 0
        for name, (mean, std) in mean_std.items():
            flat = std <= _FLAT * np.maximum(np.abs(mean), 1e-6)
            self._mean[name] = mean.astype(np.float32)
            self._factor[name] = np.where(flat, 0.0, 1.0 / np.where(flat, 1.0, std)).astype(
                np.float32
            )
            self._place[name] = slice(start, start + len(mean))
            start += len(mean)
        self.width = start

    def columns(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Where the columns of the blocks `names` stand."""
        return np.concatenate([np.arange(self.width)[self._place[name]] for name in names])

    def __call__(self, blocks: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
        """``(m, width)`` float32 of the blocks' ``(m, columns)``."""
        m = len(next(iter(blocks.values())))
        out = np.empty((m, self.width), dtype=np.float32)
        for name in self.names:
            part = out[:, self._place[name]]
            np.subtract(blocks[name], self._mean[name], out=part)
            part *= self._factor[name]
            np.clip(part, -CLIP, CLIP, out=part)
            part *= np.float32(1.0 / np.sqrt(max(part.shape[1], 1)))
        return out
