"""The tomograms that boxes are cut from just now: few files are open, and each is opened once."""

from __future__ import annotations

import atexit
import os
from collections import OrderedDict
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from cryoal.io.volumes.kept_chunks import Kept, with_chunks_kept
from cryoal.io.volumes.raw import RawVolume

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.io.volumes.base import Volume

__all__ = ["OPEN", "OpenTomograms"]

ROOM = 32  # files that are open at a time; a volume that keeps what it decodes takes HEAVY of them
HEAVY = 16
CHUNK_BYTES = 1 << 28  # decoded chunks of OME-Zarr, of all that is open

Stamp: TypeAlias = "tuple[int, int, int, int]"


@dataclass
class _Entry:
    volume: Volume
    stamp: Stamp
    weight: int
    alone: AbstractContextManager[object]
    """Held while the volume is read, where two threads may not do that at a time."""
    users: int = 0
    is_dropped: bool = False


class OpenTomograms:
    """Opens tomograms when they are asked for, and closes those that were asked for longest ago.

    Threads may share it, and a process that was forked begins with none. Whether a file is the
    tomogram that a record tells of is looked at when it is opened, and again when its inode, size
    or time of modification have changed since.
    """

    def __init__(self, room: int = ROOM, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._room, self._chunk_bytes = room, chunk_bytes
        self._before_fork: list[object] = []
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_in_child)

    def _begin(self) -> None:
        self._lock = Lock()
        self._kept = Kept(self._chunk_bytes)
        self._entries: OrderedDict[tuple[object, ...], _Entry] = OrderedDict()

    def _begin_in_child(self) -> None:
        # the parent may have held the lock, and shares the place in files that are read in turn
        self._before_fork.append(self._entries)
        self._begin()

    @contextmanager
    def use(self, record: TomogramRecord) -> Iterator[Volume]:
        """The volume that `record` tells of, which stays open until the block ends and longer.

        Raises
        ------
        TomogramError
            It has moved, was changed or cannot be read; see :meth:`TomogramRecord.open`.
        """
        entry = self._take(record)
        try:
            with entry.alone:
                yield entry.volume
        finally:
            with self._lock:
                entry.users -= 1
                self._tidy(entry)

    def close(self) -> None:
        """Close what nobody reads; what somebody does is closed when that ends."""
        with self._lock:
            while self._entries:
                self._drop(next(iter(self._entries)))

    def _take(self, record: TomogramRecord) -> _Entry:
        key = (
            *(record.name, record.places, record.file, record.shape, record.voxel_spacing),
            *(record.level, record.axes, record.looked_at_bytes),
        )
        with self._lock:
            stamp, entry = _stamp(record.place()), self._entries.get(key)
            if entry is not None and entry.stamp != stamp:
                self._drop(key)
                entry = None
            if entry is None:
                entry = self._opened(record, stamp)
                self._entries[key] = entry
            self._entries.move_to_end(key)
            entry.users += 1
            while len(self._entries) > 1 and self._weight() > self._room:
                self._drop(next(iter(self._entries)))
            return entry

    def _opened(self, record: TomogramRecord, stamp: Stamp) -> _Entry:
        volume = record.open()
        if isinstance(volume, RawVolume):  # positioned reads: any thread may
            return _Entry(volume, stamp, 1, nullcontext())
        chunked = with_chunks_kept(volume, self._kept)
        if chunked is not volume:
            return _Entry(chunked, stamp, 1, nullcontext())
        return _Entry(volume, stamp, HEAVY, Lock())

    def _weight(self) -> int:
        return sum(entry.weight for entry in self._entries.values())

    def _drop(self, key: tuple[object, ...]) -> None:
        entry = self._entries.pop(key)
        entry.is_dropped = True
        self._tidy(entry)

    @staticmethod
    def _tidy(entry: _Entry) -> None:
        if entry.is_dropped and not entry.users:
            entry.volume.close()


def _stamp(path: Path) -> Stamp:
    """What changes with the file at `path`; zeros where there is none."""
    try:
        about = path.stat()
    except OSError:
        return 0, 0, 0, 0
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


OPEN = OpenTomograms()
"""Of this process; a pool that is sent to another one takes nothing of it along."""

atexit.register(OPEN.close)
