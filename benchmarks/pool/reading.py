"""Boxes a second of each way to read, in turn, so that a busy machine slows all of them alike."""

from __future__ import annotations

import itertools
import mmap
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorstore as ts
import zarr

from cryoal.checks import crc32c
from cryoal.data.shards import boxes_per_shard, shard_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cryoal.data.pool import Pool
    from cryoal.data.shards import BoxShards

BATCHES = (64, 256, 1024)
N_SLOW = 128  # boxes that zarr-python is asked for: it reads a hundred or two a second


@dataclass(frozen=True)
class Method:
    """One way to read: rows in, a fresh array out; and how to make it forget what it has read."""

    read: Callable[[NDArray[np.int64]], NDArray[Any]]
    forget: Callable[[], None]
    begin: Callable[[], None] = lambda: None
    """What comes before each timing: each is a run of its own."""


@dataclass(frozen=True)
class Reading:
    """Median rate of one method; `times_memmap` is the median over rounds of its time to that."""

    method: str
    order: str
    cache: str
    batch: int
    boxes_per_second: float
    times_memmap: float


def methods(pool: Pool, flat: np.memmap[Any, Any], plain: BoxShards) -> dict[str, Method]:
    """Each method by its name.

    `pool` has one part, `flat` the same boxes in one file, and `plain` without checks of theirs.
    """
    shards = pool.parts[0].path / "boxes"
    store = ts.open(
        {
            "driver": "zarr3",
            "kvstore": {"driver": "file", "path": f"{shards}/"},
            "context": {"cache_pool": {"total_bytes_limit": 1 << 24}},  # for the shards' indices
            "recheck_cached_data": "open",
            "recheck_cached_metadata": "open",
        },
        read=True,
    ).result()
    array = zarr.open_array(shards, mode="r")

    def by_tensorstore(index: NDArray[np.int64]) -> NDArray[Any]:
        out = np.empty((len(index), *flat.shape[1:]), flat.dtype)  # faster than its own array
        ts.array(out).write(store[as_slice(index)]).result()
        return out

    def by_zarr(index: NDArray[np.int64]) -> NDArray[Any]:
        return np.asarray(array.get_orthogonal_selection((index,)))

    def unchecked(index: NDArray[np.int64]) -> NDArray[Any]:
        out = np.empty((len(index), *flat.shape[1:]), flat.dtype)
        plain.read_into(out, np.arange(len(index)), index)
        return out

    seen: set[int] = set()

    def by_shard(index: NDArray[np.int64]) -> NDArray[Any]:
        """The check that was not chosen: of a shard, the first time that a run reads of it."""
        for shard in set((index // per_shard).tolist()) - seen:
            crc32c((plain.path / shard_name(shard)).read_bytes())
            seen.add(shard)
        return unchecked(index)

    per_shard = boxes_per_shard(flat[0].nbytes)

    def forget_shards() -> None:
        for path in shards.iterdir():
            forget_file(path)

    def forget_plain() -> None:
        for path in plain.path.iterdir():
            forget_file(path)

    def forget_flat() -> None:
        assert isinstance(flat.base, mmap.mmap)
        flat.base.madvise(mmap.MADV_DONTNEED)  # pages that are mapped are not let go of
        forget_file(Path(str(flat.filename)))

    return {
        "memmap": Method(lambda index: np.array(flat[as_slice(index)]), forget_flat),
        "pool": Method(pool.read, forget_shards),
        "unchecked": Method(unchecked, forget_plain),
        "shard once": Method(by_shard, forget_plain, seen.clear),
        "tensorstore": Method(by_tensorstore, forget_shards),
        "zarr-python": Method(by_zarr, forget_shards),
    }


def as_slice(index: NDArray[np.int64]) -> NDArray[np.int64] | slice:
    """The rows as a slice where they follow each other: what memmap is fastest with."""
    if (np.diff(index) == 1).all():
        return slice(int(index[0]), int(index[-1]) + 1)
    return index


def measure(ways: dict[str, Method], total: int, n: int, rounds: int) -> list[Reading]:
    """Rates of each: in order and at random, from memory and from disk, batch by batch."""
    found: dict[tuple[str, str, str, int], list[float]] = {}
    for cache, batch, k in itertools.product(("warm", "cold"), BATCHES, range(rounds)):
        rng = np.random.default_rng(k)
        first = int(rng.integers(total - n + 1))
        orders = {
            "sequential": np.arange(first, first + n),
            "random": rng.choice(total, n, replace=False),
        }
        for (order, rows), (name, way) in itertools.product(orders.items(), ways.items()):
            chosen = rows[:N_SLOW] if name == "zarr-python" else rows
            if cache == "cold":
                way.forget()
            way.begin()
            begin = time.perf_counter()
            for start in range(0, len(chosen), batch):
                way.read(chosen[start : start + batch])
            rate = len(chosen) / (time.perf_counter() - begin)
            found.setdefault((name, order, cache, batch), []).append(rate)
    readings = []
    for (name, order, cache, batch), rates in found.items():
        against = found["memmap", order, cache, batch]
        times = statistics.median(a / b for a, b in zip(against, rates, strict=True))
        readings.append(Reading(name, order, cache, batch, statistics.median(rates), times))
    return readings


def forget_file(path: Path) -> None:
    """Put a file out of the page cache."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
