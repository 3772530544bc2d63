"""Boxes to disk: Zarr v3 shards of single uncompressed boxes, in order, a shard at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorstore as ts

from cryoal.data.arrays import brief, file_store
from cryoal.data.shards import boxes_per_shard, codecs
from cryoal.errors import PoolError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["ShardWriter"]


class ShardWriter:
    """Writes up to `n_boxes` boxes in order, a shard at a time, each flushed to the disk.

    One shard is being written while the next fills: memory is that of a few shards. Boxes that are
    not `checked` are those of version 1, for comparison.
    """

    def __init__(
        self, path: Path, n_boxes: int, box: int, dtype: np.dtype[Any], *, checked: bool = True
    ) -> None:
        self.path = path
        self._n_boxes = n_boxes
        self._shape = (boxes_per_shard(box**3 * dtype.itemsize), box, box, box)
        self._dtype = dtype
        self._filling = np.empty(self._shape, dtype)
        self._n_filled = 0
        self._n_written = 0
        self._writing: ts.WriteFutures | None = None
        spec = {
            "driver": "zarr3",
            "kvstore": file_store(path),
            "metadata": {
                "shape": [n_boxes, box, box, box],
                "data_type": dtype.name,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": self._shape}},
                # one folder of shards, not three folders for each
                "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
                "codecs": codecs(box, checked=checked),
                "dimension_names": ["box", "z", "y", "x"],
            },
            "context": {"cache_pool": {"total_bytes_limit": 0}},
            "store_data_equal_to_fill_value": True,  # so that every box is in its shard
        }
        try:
            self._store = ts.open(spec, create=True).result()
        except ValueError as error:
            raise PoolError(f"expected to write {path}, found {brief(error)}") from error

    def append(self, box: NDArray[Any]) -> None:
        """Take the next box, ``(b, b, b)``.

        Raises
        ------
        PoolError
            A shard cannot be written: a full disk, most likely.
        """
        self._filling[self._n_filled] = box
        self._n_filled += 1
        if self._n_filled == len(self._filling):
            self._write()

    def finish(self) -> None:
        """Write what is left and wait for it; the array gets as long as what was appended.

        Raises
        ------
        PoolError
            As in :meth:`append`.
        """
        if self._n_filled:
            self._write()
        self._wait()
        if self._n_written < self._n_boxes:
            self._shorten()

    def _write(self) -> None:
        self._wait()
        start, stop = self._n_written, self._n_written + self._n_filled
        self._writing = self._store[start:stop].write(
            self._filling[: self._n_filled],
            can_reference_source_data_indefinitely=True,  # it is let go of below, not filled again
        )
        self._n_written, self._n_filled = stop, 0
        self._filling = np.empty(self._shape, self._dtype)

    def _shorten(self) -> None:
        ends = [self._n_written, *self._shape[1:]]
        try:
            self._store.resize(exclusive_max=ends, resize_metadata_only=True).result()
        except ValueError as error:
            raise PoolError(f"expected to write {self.path}, found {brief(error)}") from error

    def _wait(self) -> None:
        if self._writing is None:
            return
        try:
            self._writing.result()
        except ValueError as error:
            raise PoolError(f"expected to write {self.path}, found {brief(error)}") from error
