"""What one annotator's journal adds up to for the boxes of a queue, with its undo and redo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cryoal.data.events import Answer, Flag, Recall, Sitting, Skip, sitting_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryoal.data.events import Event
    from cryoal.data.journal import Place as End
    from cryoal.data.labels import LabelStore

__all__ = ["Ledger", "Place", "Status", "flags_up"]

Place = tuple[str, bool]
"""A key, and whether it is the repeat of it."""

Status = Literal["open", "skipped", "unsure", "answered"]


class Ledger:
    """The events of one annotator about `places`, followed as the journal grows.

    The journal is the only memory: what is here can be made again from it, after a restart or by
    another process.

    Parameters
    ----------
    only_settling
        Other answers do not count.
    only_of
        Answers and skips count that were given in sittings of the queue of this name; None: all.
    """

    def __init__(
        self,
        store: LabelStore,
        annotator: str,
        places: Iterable[Place],
        *,
        only_settling: bool,
        only_of: str | None = None,
    ) -> None:
        self.annotator = annotator
        self._store = store
        self._places = frozenset(places)
        self._keys = frozenset(key for key, _ in self._places)
        self._only_settling = only_settling
        self._only_of = only_of
        self._sittings: set[str] = set()
        self._read_to: End | None = None
        self._answers: dict[Place, list[Answer | Skip]] = {place: [] for place in self._places}
        self._flags: dict[str, list[Flag]] = {key: [] for key in self._keys}
        self._seconds: list[float] = []
        self._void: set[str] = set()
        self._undoable: list[str] = []
        self._redoable: list[str] = []
        self._of_press: dict[str, list[Place]] = {}
        self.follow()

    def follow(self) -> set[str]:
        """Take in what has been appended since; the keys of the queue that it is about."""
        events, self._read_to = self._store.events(self.annotator, self._read_to)
        touched: set[str] = set()
        for event in events:
            self._take(event)
            touched.update(self._touched_by(event))
        return touched

    def last(self, place: Place) -> Answer | Skip | None:
        """The latest answer, or skip without an answer, that is in force."""
        kept = [e for e in self._answers[place] if not e.press or e.press not in self._void]
        answers = [event for event in kept if isinstance(event, Answer)]
        return answers[-1] if answers else (kept[-1] if kept else None)

    def status(self, place: Place) -> Status:
        """What has become of a box."""
        match self.last(place):
            case None:
                return "open"
            case Skip():
                return "skipped"
            case Answer(label=None):
                return "unsure"
            case _:
                return "answered"

    def has_answered(self, place: Place) -> bool:
        """Whether an answer was ever given, also one that was taken back."""
        return any(isinstance(event, Answer) for event in self._answers[place])

    def label(self, place: Place) -> str | None:
        """The class that was given; None when open, skipped or unsure."""
        last = self.last(place)
        return last.label if isinstance(last, Answer) else None

    def is_flagged(self, place: Place) -> bool:
        """Whether the annotator's flag is up.

        Where a box is shown twice each place has a flag of its own: it would tell the second time.
        """
        key, repeat = place
        up = flags_up(flag for flag in self._flags[key] if flag.press not in self._void)
        return repeat in up if (key, not repeat) in self._places else bool(up)

    def seconds(self) -> list[float]:
        """How long each box that was answered took, in the order of answering."""
        return list(self._seconds)

    @property
    def undoable(self) -> str | None:
        """The press that would be taken back next."""
        return self._undoable[-1] if self._undoable else None

    @property
    def redoable(self) -> str | None:
        """The press that would be put back in force next."""
        return self._redoable[-1] if self._redoable else None

    def places_of(self, press: str) -> list[Place]:
        """What a press was about, within the queue."""
        return list(self._of_press.get(press, []))

    def labels_of(self, press: str) -> list[str]:
        """The classes that a press gave, within the queue; each once."""
        events = (event for place in self.places_of(press) for event in self._answers[place])
        named = [e.label for e in events if isinstance(e, Answer) and e.press == press]
        return list(dict.fromkeys(label for label in named if label is not None))

    def _touched_by(self, event: Event) -> set[str]:
        if isinstance(event, Sitting):
            return set()
        if isinstance(event, Recall):
            return {key for key, _ in self._of_press.get(event.press, [])}
        return {event.key} & self._keys

    def _take(self, event: Event) -> None:
        if isinstance(event, Sitting):
            if event.queue == self._only_of:
                self._sittings.add(event.name)
            return
        if isinstance(event, Recall):
            self._recall(event)
            return
        place = event.key, event.repeat
        if isinstance(event, Flag):
            if event.key not in self._keys:
                return
            self._flags[event.key].append(event)
            if (event.key, event.repeat) not in self._places:
                place = event.key, not event.repeat
        else:
            if place not in self._places:
                return
            if self._only_settling and isinstance(event, Answer) and not event.settles:
                return
            if self._only_of is not None and sitting_of(event.press) not in self._sittings:
                return
            self._answers[place].append(event)
            if isinstance(event, Answer) and event.seconds is not None:
                self._seconds.append(event.seconds)
        if event.press:
            self._of_press.setdefault(event.press, []).append(place)
            if not self._undoable or self._undoable[-1] != event.press:
                self._undoable.append(event.press)
                self._redoable.clear()

    def _recall(self, event: Recall) -> None:
        (self._void.discard if event.again else self._void.add)(event.press)
        source, target = self._undoable, self._redoable
        if event.again:
            source, target = target, source
        if event.press in source:
            source.remove(event.press)
            target.append(event.press)


def flags_up(flags: Iterable[Flag]) -> set[bool]:
    """At which showings of one box a flag is up after `flags`: False the first, True the repeat.

    Examples
    --------
    >>> from dataclasses import replace
    >>> first = Flag("t/1", True, "ana", "", "a-1")
    >>> again = Flag("t/1", True, "ana", "", "a-2", repeat=True)
    >>> sorted(flags_up([first, again])), flags_up([first, again, replace(first, raised=False)])
    ([False, True], set())
    """
    up: set[bool] = set()
    for flag in flags:
        if flag.raised:
            up.add(flag.repeat)
        else:
            up -= {True} if flag.repeat else {False, True}
    return up
