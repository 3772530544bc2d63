"""A volume in chunks of which those that were decoded last are kept: boxes share them."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.io.volumes.base import check_box
from cryoal.io.volumes.ome_zarr import ZarrVolume

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray

    from cryoal.io.volumes.base import Level, Volume

__all__ = ["Kept", "KeptChunks", "with_chunks_kept"]


class Kept:
    """Decoded chunks of any number of volumes, at most `n_bytes` of them, or two."""

    def __init__(self, n_bytes: int) -> None:
        self._n_bytes = n_bytes
        self._total = 0
        self._chunks: OrderedDict[tuple[object, ...], NDArray[Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[object, ...]) -> NDArray[Any] | None:
        """The chunk of that name, where it is still kept."""
        with self._lock:
            found = self._chunks.get(key)
            if found is not None:
                self._chunks.move_to_end(key)
            return found

    def put(self, key: tuple[object, ...], chunk: NDArray[Any]) -> None:
        """Keep a chunk, and let go of those that were asked for longest ago."""
        with self._lock:
            before = self._chunks.pop(key, None)
            self._total += chunk.nbytes - (0 if before is None else before.nbytes)
            self._chunks[key] = chunk
            while self._total > self._n_bytes and len(self._chunks) > 2:
                _, oldest = self._chunks.popitem(last=False)
                self._total -= oldest.nbytes

    def forget(self, volume: int) -> None:
        """Let go of the chunks of a volume."""
        with self._lock:
            for key in [key for key in self._chunks if key[0] == volume]:
                self._total -= self._chunks.pop(key).nbytes


class KeptChunks:
    """A volume that is read chunk by whole chunk; see :class:`cryoal.io.volumes.base.Volume`.

    Parameters
    ----------
    volume
        What is read; it is closed with this one.
    grain
        Voxels of a chunk along z, y, x; the first chunk begins at the first voxel.
    kept
        Where decoded chunks are kept; other volumes may keep theirs there too.
    """

    _numbers = itertools.count()

    def __init__(self, volume: Volume, grain: tuple[int, int, int], kept: Kept) -> None:
        self._volume, self.grain, self._kept = volume, grain, kept
        self._number = next(self._numbers)
        self.path = volume.path
        self.shape = volume.shape
        self.dtype: np.dtype[Any] = volume.dtype
        self.voxel_spacing = volume.voxel_spacing
        self.level: Level | None = volume.level
        self.notes = volume.notes

    def read(self, start_zyx: Sequence[int], stop_zyx: Sequence[int]) -> NDArray[Any]:
        """A copy of the voxels between two corners; see :class:`cryoal.io.volumes.base.Volume`."""
        start, stop = check_box(self.path, self.shape, start_zyx, stop_zyx)
        out = np.empty([b - a for a, b in zip(start, stop, strict=True)], self.dtype)
        if not out.size:
            return out
        spans = [range(a // g, -(-b // g)) for a, b, g in zip(start, stop, self.grain, strict=True)]
        for place in itertools.product(*spans):
            low = [p * g for p, g in zip(place, self.grain, strict=True)]
            chunk = self._chunk(place, low)
            first = [max(a, b) for a, b in zip(start, low, strict=True)]
            last = [min(a, b + n) for a, b, n in zip(stop, low, chunk.shape, strict=True)]
            there = tuple(slice(a - o, b - o) for a, b, o in zip(first, last, start, strict=True))
            here = tuple(slice(a - o, b - o) for a, b, o in zip(first, last, low, strict=True))
            out[there] = chunk[here]
        return out

    def _chunk(self, place: tuple[int, ...], low: Sequence[int]) -> NDArray[Any]:
        key = (self._number, *place)
        found = self._kept.get(key)
        if found is None:
            high = [min(a + g, n) for a, g, n in zip(low, self.grain, self.shape, strict=True)]
            found = self._volume.read(low, high)
            self._kept.put(key, found)
        return found

    def close(self) -> None:
        """Let go of the volume and of what is kept of it."""
        self._kept.forget(self._number)
        self._volume.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def with_chunks_kept(volume: Volume, kept: Kept) -> Volume:
    """The same volume, which keeps its chunks where it is one of OME-Zarr; others have none."""
    return KeptChunks(volume, volume.grain, kept) if isinstance(volume, ZarrVolume) else volume
