"""Boxes from disk: Zarr v3 shards of single uncompressed boxes, any of them one read away.

Behind each box is its CRC-32C, which is compared at every read (pools of version 1 have none).

The shards are read by position, each through its index, and not by tensorstore, which wrote them.
32^3 float16 boxes in thousands a second, 64 at a time, on two cores (``benchmarks/pool``):

=================  ======  ===========  ===========  =========
..                 memmap  tensorstore  by position  unchecked
=================  ======  ===========  ===========  =========
random, warm          162           26           60        100
in order, warm        306           25          104        241
random, from disk       5           10           15         17
=================  ======  ===========  ===========  =========

And tensorstore ends a process that was forked after its first use; these reads go on in a child.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cryoal.checks import crc32c
from cryoal.data.arrays import LITTLE_ENDIAN
from cryoal.errors import DamagedBoxError, FileFormatError, PoolError
from cryoal.records import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["BoxShards", "boxes_per_shard", "codecs"]

SHARD_BYTES = 16 << 20  # 256 boxes of 32^3 float16: few files, and a small step to write
MAX_PER_SHARD = 1024  # the index, read whole at a shard's first use, stays at 16 KiB
OPEN_SHARDS = 64  # at most, while reading: what the disk is told to fetch at a time
CHECKSUM_BYTES = 4  # crc32c after each box, and after the index
CHECKSUM = {"name": "crc32c"}
CHECK = struct.Struct("<I")
MAX_BUFFERS = 1024  # in one call of preadv: what Linux takes


def boxes_per_shard(box_bytes: int) -> int:
    """How many boxes of `box_bytes` make a shard."""
    return min(max(1, SHARD_BYTES // box_bytes), MAX_PER_SHARD)


def codecs(box: int, *, checked: bool = True) -> list[dict[str, object]]:
    """The one chain of codecs that is written here; version 1 had boxes that are not `checked`."""
    configuration = {
        "chunk_shape": [1, box, box, box],
        "codecs": [LITTLE_ENDIAN, CHECKSUM] if checked else [LITTLE_ENDIAN],
        "index_codecs": [LITTLE_ENDIAN, CHECKSUM],
        "index_location": "end",
    }
    return [{"name": "sharding_indexed", "configuration": configuration}]


def is_plain(found: list[dict[str, Any]], box: int) -> bool:
    """Whether a chain of codecs in metadata means the same as one of :func:`codecs`.

    What is left out of metadata has its default; single bytes have no byte order to say.
    """
    sharding = found[0]["configuration"]
    inner = sharding["codecs"]
    return (
        [codec["name"] for codec in found] == ["sharding_indexed"]
        and sharding["chunk_shape"] == [1, box, box, box]
        and sharding.get("index_location", "end") == "end"
        and [codec["name"] for codec in inner] in (["bytes"], ["bytes", "crc32c"])
        and [codec["name"] for codec in sharding["index_codecs"]] == ["bytes", "crc32c"]
        and inner[0].get("configuration", LITTLE_ENDIAN["configuration"])
        == sharding["index_codecs"][0]["configuration"]
        == LITTLE_ENDIAN["configuration"]
    )


class BoxShards:
    """Boxes that :class:`ShardWriter` wrote, for reading in any order.

    Raises
    ------
    PoolError
        No such array, one of another layout, or a shard is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = str(path)
        try:
            metadata = read_json(path / "zarr.json")
            n_boxes, box, _, _ = metadata["shape"]
            per_shard, *edges = metadata["chunk_grid"]["configuration"]["chunk_shape"]
            self.dtype: np.dtype[Any] = np.dtype(metadata["data_type"])
            is_ours = is_plain(metadata["codecs"], box) and edges == [box, box, box]
            inner = metadata["codecs"][0]["configuration"]["codecs"]
        except (OSError, FileFormatError, LookupError, TypeError, ValueError) as error:
            raise PoolError(f"expected the boxes of a pool in {path}, found {error!r}") from error
        if not is_ours:
            raise PoolError(f"expected shards of single uncompressed boxes, found others in {path}")
        self.box: int = box
        self._n_boxes: int = n_boxes
        self._per_shard: int = per_shard
        self._box_bytes = box**3 * self.dtype.itemsize
        self.has_checks: bool = len(inner) == 2
        self._stride = self._box_bytes + CHECKSUM_BYTES * self.has_checks
        self._checked: set[int] = set()
        present = {entry.name for entry in path.iterdir()}
        for shard in range(-(-n_boxes // per_shard)):
            if shard_name(shard) not in present:
                raise PoolError(f"expected shard {shard_name(shard)}, found none in {path}")

    def __len__(self) -> int:
        return self._n_boxes

    def read_into(
        self, out: NDArray[Any], slots: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> None:
        """Read box ``rows[i]`` to ``out[slots[i]]``; any order, repeats allowed, at least one.

        `out` is C-contiguous ``(m, b, b, b)`` in the dtype of the boxes.

        Raises
        ------
        PoolError
            A shard is missing or damaged.
        DamagedBoxError
            A box is not the one that was written.
        """
        order = np.argsort(rows, kind="stable")
        rows, slots = rows[order], slots[order]
        # A run is read at once: boxes that follow each other in one shard and in `out`.
        breaks = (np.diff(rows) != 1) | (np.diff(slots) != 1) | (rows[1:] % self._per_shard == 0)
        starts = [0, *(np.flatnonzero(breaks) + 1).tolist()]
        ends = [*starts[1:], len(rows)]
        target = out.reshape(-1).view(np.uint8).data
        requests: list[_Run] = []
        files: list[int] = []
        current = -1
        try:
            for start, end in zip(starts, ends, strict=True):
                row, slot = int(rows[start]), int(slots[start])
                shard = row // self._per_shard
                if shard != current:
                    if len(files) == OPEN_SHARDS:
                        self._fulfil(requests, files, target)
                    files.append(self._open(shard))
                    current = shard
                requests.append(_Run(files[-1], row, slot, end - start))
            self._fulfil(requests, files, target)
        finally:
            while files:
                os.close(files.pop())

    def _open(self, shard: int) -> int:
        path = f"{self._folder}/{shard_name(shard)}"  # a Path costs as much as reading a box
        try:
            file = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise PoolError(f"expected a shard in {path}, found {error.strerror}") from error
        if shard not in self._checked:
            try:
                self._check(shard, file)
            except BaseException:
                os.close(file)
                raise
            self._checked.add(shard)
        return file

    def _check(self, shard: int, file: int) -> None:
        """Make sure, from its index, that a shard holds its boxes one behind the other."""
        n = min(self._per_shard, self._n_boxes - shard * self._per_shard)
        n_bytes = n * self._stride
        n_index = 16 * self._per_shard  # two uint64 for each box, crc32c behind them
        index = os.pread(file, n_index + CHECKSUM_BYTES + 1, n_bytes)
        if len(index) == n_index + CHECKSUM_BYTES:
            entries = np.frombuffer(index[:n_index], "<u8").reshape(-1, 2)[:n]
            offsets = np.arange(n, dtype=np.uint64) * np.uint64(self._stride)
            if (entries[:, 0] == offsets).all() and (entries[:, 1] == self._stride).all():
                return
        raise PoolError(
            f"expected {n} boxes of {self._box_bytes} bytes and their index, found others in "
            f"{self.path / shard_name(shard)}"
        )

    def _fulfil(self, requests: list[_Run], files: list[int], target: memoryview) -> None:
        """Read each run to where it goes, compare its checks; close the files."""
        if len(requests) > 1 and hasattr(os, "posix_fadvise"):  # 1 us each, and the disk sees all
            for file, row, _, n in requests:
                position = row % self._per_shard * self._stride
                os.posix_fadvise(file, position, n * self._stride, os.POSIX_FADV_WILLNEED)
        for request in requests:
            if self.has_checks:
                self._read_checked(request, target)
            else:
                file, row, slot, n = request
                view = target[slot * self._box_bytes : (slot + n) * self._box_bytes]
                self._read(file, [view], row % self._per_shard * self._stride)
        requests.clear()
        while files:
            os.close(files.pop())

    def _read_checked(self, request: _Run, target: memoryview) -> None:
        size, (file, row, slot, n) = self._box_bytes, request
        checks = bytearray(CHECKSUM_BYTES * n)
        behind = memoryview(checks)
        first = slot * size
        boxes = [target[k : k + size] for k in range(first, first + n * size, size)]
        views = [memoryview(b"")] * (2 * n)
        views[::2] = boxes
        views[1::2] = [
            behind[k : k + CHECKSUM_BYTES] for k in range(0, len(checks), CHECKSUM_BYTES)
        ]
        self._read(file, views, row % self._per_shard * self._stride)
        for k, (check,) in enumerate(CHECK.iter_unpack(checks)):
            if crc32c(boxes[k]) != check:
                path = self.path / shard_name((row + k) // self._per_shard)
                raise DamagedBoxError(
                    f"expected box {row + k} as it was written, found other bytes in {path}",
                    row + k,
                    path,
                )

    def _read(self, file: int, views: list[memoryview], position: int) -> None:
        """Fill `views`, one behind the other, with what a file holds from `position` on."""
        while views:
            n_read = os.preadv(file, views[:MAX_BUFFERS], position)
            if n_read == 0:
                n = sum(map(len, views))
                raise PoolError(f"expected {n} more bytes in a shard of {self.path}")
            position += n_read
            if n_read == sum(map(len, views)):
                return
            while n_read >= len(views[0]):
                n_read -= len(views.pop(0))
            views[0] = views[0][n_read:]


class _Run(NamedTuple):
    """Boxes to read at once: `n` from `row` on, of which the first goes to `slot`."""

    file: int
    row: int
    slot: int
    n: int


def shard_name(shard: int) -> str:
    """File of a shard: ``c.7.0.0.0``."""
    return f"c.{shard}.0.0.0"
