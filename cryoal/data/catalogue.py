"""What the small parts of a pool hold besides boxes, in one file beside the pool.

A tomogram at a time makes thousands of parts, and a dozen small files of each were opened by every
command. Here their text and numbers stand one behind the other, each part under a check, with size
and time of every file of it: a part that was touched, restored, or added by an older version is
read from its own files as ever, and damage is found there. The parts stay what counts: without
this file, or where it cannot be written, the same comes out.

A part whose files were written this moment is not taken in yet: a change that follows within the
step of the disk's clock would not show in their times.
"""

from __future__ import annotations

import json
import os
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.checks import crc32c
from cryoal.records import replacing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["AT_LEAST", "MOST_BOXES", "Catalogue", "Entry", "Stamp", "stamp_of"]

AT_LEAST = 16
"""Parts to take in at a time: fewer are read as fast as they are written here."""
MOST_BOXES = 1 << 14
"""Of a part that is taken in: reading the files of a larger one is little beside its boxes."""

SETTLED_NS = 2_000_000_000
"""Nanoseconds after which a file that is changed gets another time: 2 s on the coarsest disks."""
MARK = b"cryoal catalogue of a pool, 1\n"
FRAME = struct.Struct("<QI")  # bytes of an entry, and their check


@dataclass(frozen=True)
class Stamp:
    """The files of a part as they were found."""

    files: tuple[str, ...]
    """Their places in the part, with slashes."""
    told: bytes
    """Size and time of each."""

    def is_of(self, part: Path) -> bool:
        """Whether each file of `part` is still there, with its size and time."""
        return _told(str(part), self.files) == self.told


def stamp_of(part: Path) -> Stamp | None:
    """The files of a part; None where one was written too lately to tell a change by its time."""
    files: list[str] = []
    for folder, _, names in os.walk(part):
        within = os.path.relpath(folder, part)
        files += [name if within == "." else f"{within}/{name}" for name in names]
    told = _told(str(part), files)
    if not told:
        return None
    newest = int(np.frombuffer(told, "<i8")[1::2].max())
    return Stamp(tuple(files), told) if newest < time.time_ns() - SETTLED_NS else None


def _told(part: str, files: Sequence[str]) -> bytes | None:
    numbers: list[int] = []
    try:
        for file in files:
            found = os.stat(f"{part}/{file}")  # noqa: PTH116 - a Path costs more than the call
            numbers += (found.st_size, found.st_mtime_ns)
    except OSError:
        return None
    return struct.pack(f"<{len(numbers)}q", *numbers)


@dataclass(frozen=True)
class Entry:
    """What a part says of itself, its keys and columns of numbers, and of which files that is."""

    about: Mapping[str, Any]
    keys: list[str]
    numbers: Mapping[str, NDArray[Any]]
    stamp: Stamp

    def to_bytes(self, part: str) -> bytes:
        """As :class:`Catalogue` keeps it: a line of JSON, then numbers as they are, then keys."""
        head = {
            "part": part,
            "about": self.about,
            "files": self.stamp.files,
            "columns": {name: values.nbytes for name, values in self.numbers.items()},
        }
        told = [
            json.dumps(head, separators=(",", ":")).encode("ascii"),
            b"\n",
            self.stamp.told,
            *(np.ascontiguousarray(values).tobytes() for values in self.numbers.values()),
            json.dumps(self.keys, separators=(",", ":")).encode("ascii"),
        ]
        body = b"".join(told)
        return FRAME.pack(len(body), crc32c(body)) + body


class Catalogue:
    """The file beside the pool in `pool`, as far as it is whole; empty where there is none.

    Nobody locks it: entries are appended in one step, the last one of a part holds, and where two
    processes or a kill have left anything else, its check tells and it is written anew.

    Parameters
    ----------
    numbers
        Type of each column of numbers, and the shape of what it holds for one box.
    """

    def __init__(self, pool: Path, numbers: Mapping[str, tuple[str, tuple[int, ...]]]) -> None:
        self._pool, self._numbers = pool, numbers
        self._file = pool.with_name(f".{pool.name}.catalogue")  # zarr-python knows no such file
        try:
            self._content = self._file.read_bytes()
        except OSError:
            self._content = b""
        self._at: dict[str, tuple[int, int]] = {}
        self._heads: dict[str, tuple[dict[str, Any], int]] = {}
        self._end = len(MARK) if self._content.startswith(MARK) else 0
        while self._end and self._take():
            pass

    def _take(self) -> bool:
        """Note where the next entry is; False at the end, or where it is not whole."""
        begin, content = self._end + FRAME.size, self._content
        if begin > len(content):
            return False
        size, check = FRAME.unpack_from(content, self._end)
        stop = begin + size
        if stop > len(content) or crc32c(memoryview(content)[begin:stop]) != check:
            return False
        behind = content.index(b"\n", begin, stop) + 1
        head = json.loads(content[begin:behind])
        self._heads[head["part"]] = head, behind
        self._at[head["part"]] = self._end, stop
        self._end = stop
        return True

    def entry(self, part: Path) -> Entry | None:
        """What was kept of `part`; None where nothing was, or where its files have changed."""
        if part.name not in self._heads:
            return None
        head, at = self._heads[part.name]
        files = tuple(head["files"])
        stamp = Stamp(files, self._content[at : at + 16 * len(files)])
        if head["columns"].keys() != self._numbers.keys() or not stamp.is_of(part):
            return None
        at += len(stamp.told)
        numbers = {}
        for name, (dtype, shape) in self._numbers.items():
            n_bytes = head["columns"][name]
            values = np.frombuffer(
                self._content, np.dtype(dtype), n_bytes // np.dtype(dtype).itemsize, at
            )
            numbers[name] = values.reshape(-1, *shape)
            at += n_bytes
        keys = json.loads(self._content[at : self._at[part.name][1]])
        return Entry(head["about"], keys, numbers, stamp)

    def keep(self, fresh: Mapping[str, Entry], known: Collection[str]) -> None:
        """Add `fresh` entries by the name of their part; those of `known` parts stay.

        Nothing happens where the folder may not be written to, or the disk is full.
        """
        added = b"".join(entry.to_bytes(name) for name, entry in fresh.items())
        kept = [self._at[name] for name in known if name in self._at]
        n_kept = sum(stop - start for start, stop in kept)
        is_whole = self._end == len(self._content) > 0
        with suppress(OSError):
            if is_whole and self._end - len(MARK) <= 2 * n_kept:
                with self._file.open("ab", buffering=0) as file:
                    file.write(added)
                return
            with replacing(self._file) as temporary, temporary.open("wb") as file:
                file.write(MARK)
                file.writelines(self._content[start:stop] for start, stop in kept)
                file.write(added)
