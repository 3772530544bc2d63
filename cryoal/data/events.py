"""What a line of a journal tells: an answer, a box put off or flagged, a press taken back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cryoal.records import Json

__all__ = [
    "ABSTAIN",
    "Answer",
    "Event",
    "Flag",
    "Recall",
    "Sitting",
    "Skip",
    "from_fields",
    "given_in",
    "in_force",
    "sitting_of",
    "to_fields",
]

ABSTAIN = None
"""The answer of an expert who looked and cannot say."""


@dataclass(frozen=True)
class Answer:
    """What one annotator says of one box."""

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
    press: str = ""
    """Of a review: the key press that gave it, which may be taken back; several answers may
    share one."""
    repeat: bool = False
    """Asked a second time to see whether the annotator agrees with themself; never a label."""
    shown: str | None = None
    """The suggestion that was in sight; None when there was none or it was hidden."""
    seconds: float | None = None
    """How long the box was in front of the annotator."""
    counts_from: str = ""
    """Of a settling answer that was given after another one whose time is later, by a clock that
    was ahead: the time as which this one counts."""


@dataclass(frozen=True)
class Skip:
    """A box put off: ask me later."""

    key: str
    annotator: str
    time: str
    press: str
    repeat: bool = False


@dataclass(frozen=True)
class Flag:
    """A box marked for discussion, or the mark taken off."""

    key: str
    raised: bool
    annotator: str
    time: str
    press: str
    repeat: bool = False
    """Raised while the box was in front the second time. One that is taken off at the first place
    is off at both."""


@dataclass(frozen=True)
class Recall:
    """A press taken back, or (`again`) put back in force."""

    press: str
    again: bool
    annotator: str
    time: str


@dataclass(frozen=True)
class Sitting:
    """The beginning of a review; the presses that follow are called ``<name>-<number>``."""

    name: str
    annotator: str
    time: str
    campaign: str | None
    """Id of the campaign; None for one that was made before campaigns had ids."""
    interface: str
    version: str
    queue: str
    order: str
    blind: bool
    suggestions: str = ""
    """``after``: each was shown once its box had an answer; "" where `blind` says it all."""


Event: TypeAlias = Answer | Skip | Flag | Recall | Sitting


def to_fields(event: Event) -> dict[str, Json]:
    """The line of a journal that :func:`from_fields` reads; defaults are left out."""
    match event:
        case Answer():
            fields: dict[str, Json] = {"key": event.key, "label": event.label, "time": event.time}
            optional: dict[str, Json] = {
                "source": event.source,
                "settles": event.settles,
                "press": event.press,
                "repeat": event.repeat,
                "shown": event.shown,
                "seconds": event.seconds,
                "counts_from": event.counts_from,
            }
            return fields | {
                name: v for name, v in optional.items() if v not in (None, "") and v is not False
            }
        case Skip():
            fields = {"skip": event.key, "time": event.time, "press": event.press}
            return fields | ({"repeat": True} if event.repeat else {})
        case Flag():
            raised: dict[str, Json] = {"flag": event.key, "raised": event.raised}
            again: dict[str, Json] = {"repeat": True} if event.repeat else {}
            return {**raised, "time": event.time, "press": event.press, **again}
        case Recall():
            return {("redo" if event.again else "undo"): event.press, "time": event.time}
        case Sitting():
            return {
                "sitting": event.name,
                "time": event.time,
                "campaign": event.campaign,
                "interface": event.interface,
                "version": event.version,
                "queue": event.queue,
                "order": event.order,
                "blind": event.blind,
                **({"suggestions": event.suggestions} if event.suggestions else {}),
            }


def from_fields(fields: Mapping[str, Any], annotator: str) -> Event:
    """The event that a line tells.

    Raises
    ------
    KeyError, TypeError, ValueError
        A field is missing, unknown or of the wrong type.
    """
    _check_types(fields)
    rest = dict(fields)
    if "sitting" in rest:
        return Sitting(name=rest.pop("sitting"), annotator=annotator, **rest)
    for name in ("undo", "redo"):
        if name in rest:
            press = rest.pop(name)
            return Recall(press=press, again=name == "redo", annotator=annotator, **rest)
    if "skip" in rest:
        return Skip(key=rest.pop("skip"), annotator=annotator, **rest)
    if "flag" in rest:
        return Flag(key=rest.pop("flag"), annotator=annotator, **rest)
    return Answer(annotator=annotator, **rest)


def in_force(events: Iterable[Event]) -> list[Event]:
    """The answers, skips and flags of one annotator whose press has not been taken back.

    They are in the order of the journal. A press put back in force stands where it stood.
    """
    all_of_them = list(events)
    void: set[str] = set()
    for event in all_of_them:
        if isinstance(event, Recall):
            (void.discard if event.again else void.add)(event.press)
    return [
        event
        for event in all_of_them
        if isinstance(event, Answer | Skip | Flag) and (not event.press or event.press not in void)
    ]


def given_in(events: Iterable[Event], queue: str) -> list[Answer]:
    """The answers of one annotator that are in force and were given in sittings of `queue`."""
    all_of_them = list(events)
    names = {e.name for e in all_of_them if isinstance(e, Sitting) and e.queue == queue}
    return [
        event
        for event in in_force(all_of_them)
        if isinstance(event, Answer) and sitting_of(event.press) in names
    ]


def sitting_of(press: str) -> str:
    """The name of the sitting that a press belongs to; "" of none.

    Examples
    --------
    >>> sitting_of("5f0c2a91-12")
    '5f0c2a91'
    """
    return press.rpartition("-")[0]


_TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("key", "time", "source", "press", "skip", "flag", "undo", "redo"), str),
    "counts_from": str,
    **dict.fromkeys(("sitting", "interface", "version", "queue", "order", "suggestions"), str),
    **dict.fromkeys(("settles", "repeat", "raised", "blind"), bool),
    **dict.fromkeys(("label", "shown", "campaign"), (str, type(None))),
    "seconds": (int, float),
}
assert len(get_args(Event)) == 5  # to_fields and from_fields know each of them


def _check_types(fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if name not in _TYPES:
            raise KeyError(name)
        if not isinstance(value, _TYPES[name]):
            raise TypeError(f"{name} is {value!r}")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}")
        if name == "seconds" and isinstance(value, bool):  # which is an int to Python
            raise TypeError(f"{name} is {value!r}")
