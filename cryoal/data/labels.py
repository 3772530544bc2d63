"""Labels on disk: a journal for each annotator, and what all of them add up to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryoal.data.annotators import journal_files, journal_name, require_annotator
from cryoal.data.events import ABSTAIN, Answer, Sitting, from_fields, in_force, to_fields
from cryoal.data.journal import Journal
from cryoal.errors import CampaignVersionError, LabelError
from cryoal.records import moment, now, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.data.events import Event
    from cryoal.data.journal import Place

__all__ = ["ABSTAIN", "Answer", "LabelStore", "Standing", "just_after", "settled_at"]

AHEAD = timedelta(minutes=5)  # clocks of two machines may differ by so much
LONG_AGO = datetime.min.replace(tzinfo=UTC)


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
    """

    labelled: dict[str, str]
    abstained: frozenset[str]
    disputed: dict[str, dict[str, str]]
    settled_by: dict[str, str] = field(default_factory=dict)
    """Whose answer it is, of each key that a settling answer has decided."""

    @property
    def settled(self) -> frozenset[str]:
        """Keys of which a settling answer has decided; other answers no longer count."""
        return frozenset(self.settled_by)

    @property
    def answered(self) -> frozenset[str]:
        """Every key that somebody answered in any way."""
        return self.abstained.union(self.labelled, self.disputed)


class LabelStore:
    """The journals ``<folder>/<annotator>.jsonl`` (see :class:`cryoal.data.journal.Journal`).

    Within a journal the order of writing decides what is later, whatever the clocks said. Times are
    compared in one case alone: which of two annotators' settling answers is the later one.

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
        later = self._settled_later({key for key, _ in answers}, time) if settles else {}
        new = [
            Answer(key, label, annotator, time, settles, source, counts_from=later.get(key, ""))
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
            The name cannot be an annotator's, or there is a file that is no journal.
        """
        require_annotator(annotator)
        files = journal_files(self.folder)
        if annotator in files:
            return Journal(files[annotator])
        others = [path.name for path in files.values()]
        return Journal(self.folder / journal_name(annotator, others))

    def annotators(self) -> list[str]:
        """Names of those who answered, in alphabetical order.

        Raises
        ------
        LabelError
            A file that cryoal did not name; names it.
        """
        return list(journal_files(self.folder))

    def events(self, annotator: str, after: Place | None = None) -> tuple[list[Event], Place]:
        """What the annotator's journal tells behind `after`, and how far it has been read.

        Raises
        ------
        LabelError
            A line that is not a journal line, or is of another campaign; names the file and the
            line.
        CampaignVersionError
            A line that is whole, and of a kind that this cryoal does not know.
        """
        journal = self.journal(annotator)
        lines, place = journal.read(after)
        found: list[Event] = []
        for line in lines:
            try:
                event = from_fields(line.fields, annotator)
            except (ValueError, KeyError, TypeError) as error:
                if line.is_checked:  # it is as it was written, so somebody knew what it means
                    raise CampaignVersionError(
                        f"expected journal lines that this cryoal knows in {journal.path}, found "
                        f"line {line.number} {json.dumps(line.fields, ensure_ascii=False)[:60]}: "
                        "it was written by a newer cryoal; update cryoal"
                    ) from error
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
        """Every answer in force: annotator by annotator, each in the order of writing.

        Raises
        ------
        LabelError
            A line that is not a journal line; names the file and the line.
        """
        return [answer for name in self.annotators() for answer in self._answers(name)]

    def standing(self) -> Standing:
        """Where every answered key stands now.

        The last answer of each annotator counts. A settling answer makes all others void; after it,
        only a later settling answer changes the key. Answers to a repeat do not count.
        """
        latest: dict[str, dict[str, str | None]] = {}
        settling: dict[str, dict[str, _Settling]] = {}
        for answer in self.answers():
            if answer.repeat:
                continue
            if answer.settles:
                _settle(settling.setdefault(answer.key, {}), answer)
            latest.setdefault(answer.key, {})[answer.annotator] = answer.label
        labelled: dict[str, str] = {}
        abstained: set[str] = set()
        disputed: dict[str, dict[str, str]] = {}
        settled_by: dict[str, str] = {}
        for key in sorted(latest):
            votes = latest[key]
            if key in settling:
                last = max(settling[key].values(), key=lambda one: (one.moment, one.annotator))
                settled_by[key] = last.annotator
                votes = {last.annotator: last.label}
            classes = {name: label for name, label in votes.items() if label is not None}
            distinct = set(classes.values())
            if not distinct:
                abstained.add(key)
            elif len(distinct) == 1:
                labelled[key] = distinct.pop()
            else:
                disputed[key] = classes
        return Standing(labelled, frozenset(abstained), disputed, settled_by)

    def ahead(self) -> dict[str, str]:
        """The latest time, by annotator, of those with lines more than five minutes in the future.

        The clock of the machine on which they answered was wrong, or this one's is.
        """
        limit = (moment(now()) or LONG_AGO) + AHEAD
        found: dict[str, str] = {}
        for name in self.annotators():
            times = {event.time for event in self.events(name)[0]}
            late = [time for time in times if (moment(time) or LONG_AGO) > limit]
            if late:
                found[name] = max(late, key=lambda time: moment(time) or LONG_AGO)
        return found

    def _settled_later(self, keys: set[str], time: str) -> dict[str, str]:
        """As which time a settling answer has to count, of each key that was settled after `time`.

        It was settled before, since it is in a journal: a clock was ahead, or a moment was too
        short for it.
        """
        given = moment(time) or LONG_AGO
        found: dict[str, datetime] = {}
        for answer in self.answers():
            if answer.settles and answer.key in keys and settled_at(answer) >= given:
                found[answer.key] = max(settled_at(answer), found.get(answer.key, given))
        return {key: just_after(latest) for key, latest in found.items()}

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


@dataclass(frozen=True)
class _Settling:
    """The last settling answer of one annotator about one key, and when it was given."""

    annotator: str
    label: str | None
    moment: datetime


def _settle(by_annotator: dict[str, _Settling], answer: Answer) -> None:
    """Take in the next settling answer of its journal; it is no earlier than the one before it."""
    given, before = settled_at(answer), by_annotator.get(answer.annotator)
    if before is not None:
        given = max(given, before.moment)
    by_annotator[answer.annotator] = _Settling(answer.annotator, answer.label, given)


def settled_at(answer: Answer) -> datetime:
    """When a settling answer was given; what is no time, which old journals may hold, is before."""
    return moment(answer.counts_from or answer.time) or LONG_AGO


def just_after(time: datetime) -> str:
    """As which time a settling answer counts that was written after one of `time`."""
    return stamp(time + timedelta(milliseconds=1))
