"""A file of JSON lines that is only ever appended to, whatever stops the one who writes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryoal.errors import LabelError
from cryoal.locks import locked
from cryoal.records import flush

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.records import Json

__all__ = ["Journal", "Line", "Place"]

BLOCK = 4096  # bytes looked at in one step for the last line break


@dataclass(frozen=True)
class Line:
    """One line: a JSON object, and where it stands."""

    number: int
    """The first is 1."""
    fields: dict[str, Any]


@dataclass(frozen=True)
class Place:
    """How far a journal has been read."""

    offset: int = 0
    """Bytes."""
    n_lines: int = 0


@dataclass(frozen=True)
class Journal:
    """The JSON lines in `path`; the file need not be there yet.

    A crash loses at most the line that was being written: a last line without its line break is
    passed over when reading and cut off by the next :meth:`append`. Two processes may append at
    once: the lock ``.<name>.lock`` beside the file keeps one from taking the other's half-written
    line for a torn one.
    """

    path: Path

    def append(self, lines: Sequence[Mapping[str, Json]]) -> None:
        """Write all of `lines` and wait until they are on the disk; all or none.

        Raises
        ------
        LockError
            Another process has held the lock for 10 s, or the disk knows no locks.
        OSError
            The disk is full, for instance; the journal is as it was.
        """
        if not lines:
            return
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            _append(self.path, text.encode())

    def read(self, after: Place | None = None) -> tuple[list[Line], Place]:
        """The whole lines behind `after` (None: all), and the place behind the last of them.

        Raises
        ------
        LabelError
            A line is not a JSON object; names the file and the line.
        """
        after = after or Place()
        try:
            with self.path.open("rb") as file:
                file.seek(after.offset)
                content = file.read()
        except FileNotFoundError:
            return [], after
        whole = content[: content.rfind(b"\n") + 1]  # what follows the last break is torn
        found = [
            Line(number, self._parse(number, line))
            for number, line in enumerate(whole.split(b"\n")[:-1], start=after.n_lines + 1)
        ]
        return found, Place(after.offset + len(whole), after.n_lines + len(found))

    def _parse(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise self.damaged(number, line) from error
        if not isinstance(fields, dict):
            raise self.damaged(number, line)
        return fields

    def damaged(self, number: int, line: bytes | Mapping[str, object]) -> LabelError:
        """The error that says which line is not a line of a journal."""
        found = line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()
        return LabelError(
            f"expected a journal line with key, label and time in {self.path} line {number}, "
            f"found {found[:60]!r}"
        )


def _append(path: Path, text: bytes) -> None:
    is_new = not path.exists()
    with path.open("a+b", buffering=0) as file:
        size = _cut_torn_line(file.fileno())
        try:
            rest = memoryview(text)
            while rest:  # a disk that fills up takes a part of what it is given
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except BaseException:
            os.ftruncate(file.fileno(), size)
            if is_new:
                path.unlink()
            raise
    if is_new:
        flush(path.parent)  # the name of a new file is a fact of its folder


def _cut_torn_line(descriptor: int) -> int:
    """Cut off what a crash has left behind the last line break; the size that remains."""
    end = size = os.fstat(descriptor).st_size
    kept = 0
    while end:
        start = max(0, end - BLOCK)
        place = os.pread(descriptor, end - start, start).rfind(b"\n")
        if place >= 0:
            kept = start + place + 1
            break
        end = start
    if kept < size:
        os.ftruncate(descriptor, kept)
    return kept
