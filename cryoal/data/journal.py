"""A file of JSON lines that is only ever appended to, whatever stops the one who writes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryoal.checks import CHECK, is_whole, with_check
from cryoal.errors import LabelError
from cryoal.locks import locked
from cryoal.records import flush

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.records import Json

__all__ = ["Journal", "Line", "Place"]

BLOCK = 4096  # bytes looked at in one step for the last line break
BOM = b"\xef\xbb\xbf"
GO_ON = "the other lines are as they were: move this one out of the file to go on without it"


@dataclass(frozen=True)
class Line:
    """One line: a JSON object, and where it stands."""

    number: int
    """The first is 1."""
    fields: dict[str, Any]
    is_checked: bool = False
    """Whether a check came with it, and fits; lines of before there were checks have none."""


@dataclass(frozen=True)
class Place:
    """How far a journal has been read."""

    offset: int = 0
    """Bytes."""
    n_lines: int = 0
    is_open: bool = False
    """Whether the last line that was read lacks its line break still."""


@dataclass(frozen=True)
class Journal:
    """The JSON lines in `path`; the file need not be there yet.

    Each line carries a check of its fields (:mod:`cryoal.checks`), which readers of lines never
    see. A crash loses at most the line that was being written: a torn last line is passed over when
    reading and cut off by the next :meth:`append`; a whole one that lacks its line break alone is
    kept. Two processes may append at once: the lock ``.<name>.lock`` beside the file keeps one from
    taking the other's half-written line for a torn one. Empty lines, Windows' line ends and a byte
    order mark, which editors leave, are passed over.
    """

    path: Path

    def append(self, lines: Sequence[Mapping[str, Json]]) -> None:
        """Write all of `lines` and wait until they are on the disk; all or none.

        Raises
        ------
        LabelError
            The last line is damaged.
        LockError
            Another process has held the lock for 10 s, or the disk knows no locks.
        OSError
            The disk is full, for instance; the journal is as it was.
        """
        if not lines:
            return
        text = "".join(json.dumps(with_check(line), ensure_ascii=False) + "\n" for line in lines)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            self._append(text.encode())

    def read(self, after: Place | None = None) -> tuple[list[Line], Place]:
        """The whole lines behind `after` (None: all), and the place behind the last of them.

        Raises
        ------
        LabelError
            A line is not a JSON object, or not as it was written; names the file and the line.
        """
        after = after or Place()
        try:
            with self.path.open("rb") as file:
                file.seek(after.offset)
                content = file.read()
        except FileNotFoundError:
            return [], after
        offset = after.offset
        if not offset and content.startswith(BOM):
            content, offset = content[len(BOM) :], len(BOM)
        whole, tail = content[: content.rfind(b"\n") + 1], content[content.rfind(b"\n") + 1 :]
        # behind an open line its line break comes first, which begins no new line
        first = after.n_lines + (0 if after.is_open and whole else 1)
        lines = whole.split(b"\n")[:-1]
        found = [self._parse(n, line) for n, line in enumerate(lines, start=first) if line.strip()]
        n_lines = first + len(lines) - 1
        n_tail = self._whole_part(tail, n_lines + 1)
        if n_tail:
            found.append(self._parse(n_lines + 1, tail[:n_tail]))
        is_open = bool(n_tail) or (after.is_open and not whole)
        end = Place(offset + len(whole) + n_tail, n_lines + bool(n_tail), is_open)
        return found, end

    def _parse(self, number: int, line: bytes) -> Line:
        try:
            fields = json.loads(line.decode())
        except (ValueError, RecursionError) as error:
            raise self.damaged(number, line) from error
        if not isinstance(fields, dict):
            raise self.damaged(number, line)
        is_checked = CHECK in fields
        if not is_whole(fields):
            raise LabelError(
                f"expected {self.path} line {number} as it was written, found other bytes (its "
                f"check does not fit): {line[:60]!r}; {GO_ON}, or, if you changed it yourself, "
                f"take its {CHECK!r} out"
            )
        fields.pop(CHECK, None)
        return Line(number, fields, is_checked)

    def _whole_part(self, tail: bytes, number: int) -> int:
        """Bytes of the JSON object that `tail`, behind the last line break, begins with; 0: torn.

        Only a whole line ends in a brace that closes it: what follows one is no torn line but a
        line break that was damaged.
        """
        if not tail.strip(b" \t\r\0"):
            return 0
        try:
            # one character a byte: the braces and quotes of JSON are ASCII
            value, end = json.JSONDecoder().raw_decode(tail.decode("latin-1"))
        except (ValueError, RecursionError):
            return 0
        if not isinstance(value, dict) or tail[end:].strip(b" \t\r\0"):  # zeros: a power cut
            raise self.damaged(number, tail)
        return end

    def damaged(self, number: int, line: bytes | Mapping[str, object]) -> LabelError:
        """The error that says which line is not a line of a journal."""
        found = line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()
        return LabelError(
            f"expected a journal line with key, label and time in {self.path} line {number}, "
            f"found {found[:60]!r}; {GO_ON}"
        )

    def _append(self, text: bytes) -> None:
        is_new = not self.path.exists()
        with self.path.open("a+b", buffering=0) as file:
            size, is_open = self._make_room(file.fileno())
            try:
                rest = memoryview(b"\n" + text if is_open else text)
                while rest:  # a disk that fills up takes a part of what it is given
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except BaseException:
                os.ftruncate(file.fileno(), size)
                if is_new:
                    self.path.unlink()
                raise
        if is_new:
            flush(self.path.parent)  # the name of a new file is a fact of its folder

    def _make_room(self, descriptor: int) -> tuple[int, bool]:
        """Cut off what is torn at the end; the size that remains, and whether a break is missing.

        What is cut off was never confirmed to anybody.
        """
        size = os.fstat(descriptor).st_size
        kept = _after_last_break(descriptor, size)
        tail = os.pread(descriptor, size - kept, kept)
        if not kept and tail.startswith(BOM):
            kept, tail = len(BOM), tail[len(BOM) :]
        n_tail = 0
        if tail:
            number = os.pread(descriptor, kept, 0).count(b"\n") + 1
            n_tail = self._whole_part(tail, number)
        if n_tail:
            self._parse(number, tail[:n_tail])  # a damaged one gets no line break
        if kept + n_tail < size:
            os.ftruncate(descriptor, kept + n_tail)
        return kept + n_tail, bool(n_tail)


def _after_last_break(descriptor: int, size: int) -> int:
    """Where the last line of a file begins that has no line break."""
    end = size
    while end:
        start = max(0, end - BLOCK)
        place = os.pread(descriptor, end - start, start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
        end = start
    return 0
