"""Labels on disk: a journal for each annotator, and what all of them add up to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryoal.data.events import ABSTAIN, Answer, Sitting, from_fields, in_force, to_fields
from cryoal.data.journal import Journal
from cryoal.errors import LabelError
from cryoal.records import now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.data.events import Event
    from cryoal.data.journal import Place

__all__ = ["ABSTAIN", "Answer", "LabelStore", "Standing"]


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

    @property
    def answered(self) -> frozenset[str]:
        """Every key that somebody answered in any way."""
        return self.abstained.union(self.labelled, self.disputed)


class LabelStore:
    """The journals ``<folder>/<annotator>.jsonl`` (see :class:`cryoal.data.journal.Journal`).

    Parameters
    ----------
    folder
        Where the journals are.
    campaign
        Id of the campaign; a journal whose reviews belong to another one is refused.
    renamed
        New name of each class that was renamed after answers had been given.
    """

    def __init__(
        self, folder: Path, *, campaign: str | None = None, renamed: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.campaign = campaign
        self.renamed = dict(renamed or {})

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
        time = now()
        standing = {a.key: a.label for a in self._answers(annotator) if not a.repeat}
        new = [
            Answer(key, label, annotator, time, settles, source)
            for key, label in answers
            if settles or key not in standing or standing[key] != label
        ]
        self.append(annotator, new)
        return len(new)

    def append(self, annotator: str, events: Sequence[Event]) -> None:
        """Append `events` to the annotator's journal, all or none, flushed to disk.

        Raises
        ------
        LabelError
            The annotator's name cannot be a file name.
        OSError
            The disk is full; the journal is as it was.
        """
        self.journal(annotator).append([to_fields(event) for event in events])

    def journal(self, annotator: str) -> Journal:
        """The file of that annotator.

        Raises
        ------
        LabelError
            The name cannot be a file name.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", annotator):
            raise LabelError(
                f"expected an annotator name of letters, digits, '.', '_', '-', found {annotator!r}"
            )
        return Journal(self.folder / f"{annotator}.jsonl")

    def annotators(self) -> list[str]:
        """Names of those who answered, in alphabetical order."""
        return sorted(path.stem for path in self.folder.glob("*.jsonl"))

    def events(self, annotator: str, after: Place | None = None) -> tuple[list[Event], Place]:
        """What the annotator's journal tells behind `after`, and how far it has been read.

        Raises
        ------
        LabelError
            A line that is not a journal line, or is of another campaign; names the file and the
            line.
        """
        journal = self.journal(annotator)
        lines, place = journal.read(after)
        found: list[Event] = []
        for line in lines:
            try:
                event = from_fields(line.fields, annotator)
            except (ValueError, KeyError, TypeError) as error:
                raise journal.damaged(line.number, line.fields) from error
            if isinstance(event, Sitting) and None not in (self.campaign, event.campaign):
                self._require_ours(event, f"{journal.path} line {line.number}")
            if isinstance(event, Answer) and self.renamed:
                event = replace(
                    event, label=self._new_name(event.label), shown=self._new_name(event.shown)
                )
            found.append(event)
        return found, place

    def answers(self) -> list[Answer]:
        """Every answer in force, in the order of time (of writing, within one annotator).

        Raises
        ------
        LabelError
            A line that is not a journal line; names the file and the line.
        """
        given = [a for name in self.annotators() for a in self._answers(name)]
        return sorted(given, key=lambda answer: answer.time)

    def standing(self) -> Standing:
        """Where every answered key stands now.

        The latest answer of each annotator counts. A settling answer makes all earlier ones void;
        after it, only a later settling answer changes the key. Answers to a repeat do not count.
        """
        latest: dict[str, dict[str, str | None]] = {}
        settled: dict[str, Answer] = {}
        for answer in self.answers():
            if answer.repeat:
                continue
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

    def _answers(self, annotator: str) -> list[Answer]:
        events, _ = self.events(annotator)
        return [event for event in in_force(events) if isinstance(event, Answer)]

    def _new_name(self, label: str | None) -> str | None:
        return None if label is None else self.renamed.get(label, label)

    def _require_ours(self, sitting: Sitting, where: str) -> None:
        if sitting.campaign != self.campaign:
            raise LabelError(
                f"expected a journal of this campaign ({self.campaign}), found one of "
                f"{sitting.campaign} in {where}: move the file to its own campaign's labels/"
            )
