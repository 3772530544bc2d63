"""What annotators answered: an append-only journal each, and what follows from all of them."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryoal.errors import LabelError
from cryoal.records import now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["ABSTAIN", "Answer", "LabelStore", "Standing"]

ABSTAIN = None
"""The answer of an expert who looked and cannot say."""


@dataclass(frozen=True)
class Answer:
    """One line of a journal."""

    key: str
    label: str | None
    """A class, or ``ABSTAIN``."""
    annotator: str
    time: str
    """UTC, ISO 8601 to the millisecond."""
    settles: bool = False
    """Whether this answer ends a dispute: it outweighs every answer given before it."""
    source: str = ""
    """Where it was given: the name of a file, ``"oracle"``."""


@dataclass(frozen=True)
class Standing:
    """Where every answered key stands; a key is in exactly one of the three.

    Parameters
    ----------
    labelled
        Class of each key on which all who gave a class agree, in the order of the keys.
    abstained
        Keys about which nobody who answered could say.
    disputed
        Class by annotator, for each key with more than one class.
    settled
        Keys of which a settling answer has decided; other answers no longer count.
    """

    labelled: dict[str, str]
    abstained: frozenset[str]
    disputed: dict[str, dict[str, str]]
    settled: frozenset[str] = frozenset()


class LabelStore:
    """The journals ``<folder>/<annotator>.jsonl``: a JSON object a line, fsynced, never rewritten.

    A crash loses at most the line that was being written: a last line without its line break is
    passed over when reading and cut off by the next :meth:`record`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def record(
        self,
        annotator: str,
        answers: Sequence[tuple[str, str | None]],
        *,
        settles: bool = False,
        source: str = "",
    ) -> int:
        """Append answers ``(key, class or ABSTAIN)`` and return how many were new.

        An answer equal to the annotator's last is not written again, a settling one always is:
        others may have settled the key since. If writing fails, the journal is as it was.

        Raises
        ------
        LabelError
            The annotator's name cannot be a file name.
        OSError
            The disk is full.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", annotator):
            raise LabelError(
                f"expected an annotator name of letters, digits, '.', '_', '-', found {annotator!r}"
            )
        path = self.folder / f"{annotator}.jsonl"
        standing = {a.key: a for a in _read(path)} if path.exists() else {}
        time = now()
        lines = []
        for key, label in answers:
            before = standing.get(key)
            if not settles and before is not None and before.label == label:
                continue
            line: dict[str, Any] = {"key": key, "label": label, "time": time, "source": source}
            if settles:
                line["settles"] = True
            lines.append(json.dumps(line, ensure_ascii=False) + "\n")
        if lines:
            self.folder.mkdir(parents=True, exist_ok=True)
            _append(path, "".join(lines))
        return len(lines)

    def annotators(self) -> list[str]:
        """Names of those who answered, in alphabetical order."""
        return sorted(path.stem for path in self.folder.glob("*.jsonl"))

    def answers(self) -> list[Answer]:
        """Every answer ever given, in the order of time (of writing, within one annotator).

        Raises
        ------
        LabelError
            A line that is not a journal line; names the file and the line.
        """
        given = [a for name in self.annotators() for a in _read(self.folder / f"{name}.jsonl")]
        return sorted(given, key=lambda answer: answer.time)

    def standing(self) -> Standing:
        """Where every answered key stands now.

        The latest answer of each annotator counts. A settling answer makes all earlier ones void;
        after it, only a later settling answer changes the key.
        """
        latest: dict[str, dict[str, str | None]] = {}
        settled: dict[str, Answer] = {}
        for answer in self.answers():
            if answer.settles:
                settled[answer.key] = answer
            latest.setdefault(answer.key, {})[answer.annotator] = answer.label
        labelled: dict[str, str] = {}
        abstained: set[str] = set()
        disputed: dict[str, dict[str, str]] = {}
        for key in sorted(latest):
            votes = latest[key]
            if key in settled:
                votes = {settled[key].annotator: settled[key].label}
            classes = {name: label for name, label in votes.items() if label is not None}
            distinct = set(classes.values())
            if not distinct:
                abstained.add(key)
            elif len(distinct) == 1:
                labelled[key] = distinct.pop()
            else:
                disputed[key] = classes
        return Standing(labelled, frozenset(abstained), disputed, frozenset(settled))


def _append(path: Path, text: str) -> None:
    is_new = not path.exists()
    with path.open("ab", buffering=0) as file:
        size = _cut_torn_line(path, file.fileno())
        try:
            rest = memoryview(text.encode())
            while rest:  # a disk that fills up takes a part of what it is given
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except BaseException:
            os.ftruncate(file.fileno(), size)
            if is_new:
                path.unlink()
            raise


def _cut_torn_line(path: Path, descriptor: int) -> int:
    """Cut off what a crash has left behind the last line break; the size that remains."""
    content = path.read_bytes()
    size = content.rfind(b"\n") + 1
    if size < len(content):
        os.ftruncate(descriptor, size)
    return size


def _read(path: Path) -> list[Answer]:
    found: list[Answer] = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):  # what follows the last break is torn
        try:
            fields = json.loads(line)
            answer = Answer(
                key=fields["key"],
                label=fields["label"],
                annotator=path.stem,
                time=fields["time"],
                settles=fields.get("settles", False),
                source=fields.get("source", ""),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise LabelError(
                f"expected a journal line with key, label and time in {path} line {number}, "
                f"found {line[:60]!r}"
            ) from error
        found.append(answer)
    return found
