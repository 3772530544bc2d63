"""Presses that were made elsewhere, in a browser: checked as a whole, then appended."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cryoal.campaign.audit_passed import pass_over
from cryoal.campaign.settings_file import add_class
from cryoal.data.events import Answer, Flag, Sitting, Skip, from_fields, in_force
from cryoal.errors import ConfigError, FileFormatError, LabelError, UnknownKeyError
from cryoal.records import moment, read_json
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.events import Event
    from cryoal.data.journal import Journal, Place

__all__ = ["FORMAT", "VERSION", "Known", "Saved", "Taken", "read_saved", "take_in", "take_in_saved"]

FORMAT = "cryoal-review"
VERSION = 1
_FIELDS = ("format", "version", "campaign", "annotator", "queue", "new_classes", "events", "passed")


@dataclass(frozen=True)
class Saved:
    """What the page of a review saves: the lines of a journal that is not there yet."""

    path: Path
    campaign: str | None
    annotator: str
    new_classes: tuple[str, ...]
    """Classes that were made up while reviewing."""
    lines: tuple[Mapping[str, Any], ...]
    passed: tuple[str, ...] = ()
    """Keys of audit boxes that were passed over by what was answered."""


def read_saved(path: Path) -> Saved:
    """The file that a review page has saved.

    Raises
    ------
    FileFormatError
        Not JSON, not of a review, of a newer version, or with fields that nobody knows.
    """
    facts = read_json(path)
    if facts.get("format") != FORMAT:
        raise FileFormatError(
            f"expected a file that a cryoal review page saved, found {facts.get('format')!r} as "
            f"format in {path}"
        )
    if facts.get("version") != VERSION:
        raise FileFormatError(
            f"expected version {VERSION} of a saved review, found {facts.get('version')!r} in "
            f"{path}: update cryoal"
        )
    unknown = sorted(facts.keys() - set(_FIELDS))
    if unknown:
        raise FileFormatError(
            f"expected the fields {', '.join(_FIELDS)} in {path}, found also {', '.join(unknown)}"
        )
    try:
        return Saved(
            path=path,
            campaign=_checked(facts["campaign"], str, type(None)),
            annotator=_checked(facts["annotator"], str),
            new_classes=tuple(_checked(name, str) for name in facts.get("new_classes", [])),
            lines=tuple(_checked(line, dict) for line in _checked(facts["events"], list)),
            passed=tuple(_checked(key, str) for key in _checked(facts.get("passed", []), list)),
        )
    except (KeyError, TypeError) as error:
        raise FileFormatError(f"expected a saved review in {path}, found {error}") from error


def take_in(
    campaign: Campaign,
    annotator: str,
    lines: Sequence[Mapping[str, Any]],
    *,
    source: str,
    known: Known | None = None,
    passed: Iterable[str] = (),
) -> Counter[str]:
    """Append the lines that the annotator's journal does not have yet, all or none.

    Taking the same lines in again does no harm. Returns how many were new, by kind: ``answers``,
    ``others``.

    Parameters
    ----------
    source
        Where the lines come from, for messages.
    passed
        Keys that the queue passed over (:func:`cryoal.review.passing.passed_by`); those of them
        that are in the audit leave it.
    known
        What the journal has; who takes in again and again keeps it, so that the journal is not read
        anew each time.

    Raises
    ------
    LabelError
        A line is no line of a journal, names a class that the campaign does not have, is about a
        key kept for measuring, or belongs to another campaign.
    UnknownKeyError
        A key was never in the pool.
    """
    events = _parse(lines, annotator, source)
    journal = campaign.labels.journal(annotator)
    known = known or Known(journal)
    new = {id(line) for line in known.missing(lines)}
    # a line that is there was checked when it came; the class that it names may be gone by now
    fresh = [event for line, event in zip(lines, events, strict=True) if id(line) in new]
    _check(campaign, fresh, source, campaign.config.classes)
    pass_over(campaign, passed)
    return _append(journal, known, lines)


class Known:
    """The lines that a journal has, followed as it grows."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._read_to: Place | None = None
        self._lines: set[str] = set()

    def missing(self, lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Those of `lines` that the journal does not have now."""
        found, self._read_to = self._journal.read(self._read_to)
        self._lines.update(_canonical(line.fields) for line in found)
        return [line for line in lines if _canonical(line) not in self._lines]


@dataclass(frozen=True)
class Taken:
    """What :func:`take_in_saved` did."""

    n_answers: int
    """In the file; those that were taken back among them."""
    n_new: int
    new_classes: tuple[str, ...]
    keys: list[str]
    """What the answers of the file are about, settling ones left out."""
    settling: list[str]
    """What the settling ones are about."""


def take_in_saved(campaign: Campaign, saved: Saved, annotator: str) -> Taken:
    """Append what a page has saved, and add the classes that were made up on it.

    Raises
    ------
    LabelError, UnknownKeyError, ConfigError
        As :func:`take_in`; nothing was recorded, and no class added.
    """
    if saved.campaign != campaign.identity:
        raise LabelError(
            f"expected a review of this campaign ({campaign.identity}), found one of "
            f"{saved.campaign} in {saved.path}; nothing was recorded"
        )
    events = _parse(saved.lines, annotator, str(saved.path))
    answers = [line for line in saved.lines if "label" in line]
    named = {event.label for event in in_force(events) if isinstance(event, Answer)}
    made = [name for name in saved.new_classes if name not in campaign.config.classes]
    new_classes = [name for name in made if name in named]
    classes = [*campaign.config.classes, *new_classes]
    try:
        replace(campaign.config, classes=tuple(classes))  # refused before anything is written
    except ConfigError as error:
        raise ConfigError(f"{error} in {saved.path}; nothing was recorded") from error
    # answers that were taken back may name a class that has gone with them
    _check(campaign, events, str(saved.path), [*campaign.config.classes, *made])
    try:
        journal = campaign.labels.journal(annotator)
    except LabelError as error:
        raise LabelError(f"{error} ({saved.path}); nothing was recorded") from error
    for name in new_classes:
        add_class(campaign.path, name)
    pass_over(campaign, saved.passed)
    new = _append(journal, Known(journal), saved.lines)
    return Taken(
        n_answers=len(answers),
        n_new=new["answers"],
        new_classes=tuple(new_classes),
        keys=[line["key"] for line in answers if not line.get("settles")],
        settling=[line["key"] for line in answers if line.get("settles")],
    )


def _parse(lines: Sequence[Mapping[str, Any]], annotator: str, source: str) -> list[Event]:
    events: list[Event] = []
    for number, line in enumerate(lines, start=1):
        try:
            event = from_fields(line, annotator)
        except (ValueError, KeyError, TypeError) as error:
            raise LabelError(
                f"expected the line of a journal as event {number} of {source}, found "
                f"{json.dumps(line, ensure_ascii=False)[:60]}; nothing was recorded"
            ) from error
        if moment(event.time) is None:
            raise LabelError(
                f"expected a time (ISO 8601) in event {number} of {source}, found "
                f"{event.time[:60]!r}; nothing was recorded"
            )
        events.append(event)
    return events


def _check(
    campaign: Campaign, events: Sequence[Event], source: str, classes: Sequence[str]
) -> None:
    for event in events:
        if isinstance(event, Sitting) and event.campaign != campaign.identity:
            raise LabelError(
                f"expected a review of this campaign ({campaign.identity}), found one of "
                f"{event.campaign} in {source}; nothing was recorded"
            )
    keys = [event.key for event in events if isinstance(event, Answer | Skip | Flag)]
    try:
        campaign.pool.index(keys)
    except UnknownKeyError as error:
        raise UnknownKeyError(f"{error} ({source}); nothing was recorded") from None
    test = campaign.test_labels()
    new_names = campaign.config.new_names()
    for event in events:
        if not isinstance(event, Answer):
            continue
        if event.key in test:
            raise LabelError(
                f"expected answers about candidates, found one about the test key {event.key!r} "
                f"in {source}; nothing was recorded"
            )
        label = new_names.get(event.label or "", event.label)
        if label is not None and label not in classes:
            raise LabelError(
                f"no class called {label!r} (answer for {event.key!r} in {source})"
                f"{nearest(label, classes)}; nothing was recorded"
            )


def _append(journal: Journal, known: Known, lines: Sequence[Mapping[str, Any]]) -> Counter[str]:
    new = known.missing(lines)
    journal.append(new)
    return Counter("answers" if "label" in line else "others" for line in new)


def _canonical(line: Mapping[str, Any]) -> str:
    return json.dumps(line, sort_keys=True, ensure_ascii=False)


def _checked(value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds):
        raise TypeError(f"{value!r}"[:60])
    return value
