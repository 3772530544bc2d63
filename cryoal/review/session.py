"""A sitting of one annotator: what every key does, written to the journal before it shows."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING

from cryoal.campaign.audit_passed import pass_over
from cryoal.campaign.campaign import Campaign
from cryoal.campaign.made_classes import drop_unused
from cryoal.campaign.settings_file import NAME
from cryoal.data.events import Answer, Flag, Recall, Sitting, Skip
from cryoal.errors import CryoALError, LabelError
from cryoal.marks import OPEN, UNSURE
from cryoal.records import now
from cryoal.registry import nearest
from cryoal.review.cards import Cards
from cryoal.review.class_list import ClassList
from cryoal.review.cursor import Cursor
from cryoal.review.keys import action_of, keyless
from cryoal.review.modes import mode_of
from cryoal.review.onward import what_next
from cryoal.review.passing import passed_by
from cryoal.review.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cryoal.data.events import Event
    from cryoal.marks import Mark
    from cryoal.review.cards import Shown
    from cryoal.review.ledger import Place, Status
    from cryoal.review.modes import Mode
    from cryoal.review.queue import Queue

__all__ = ["ANSWERING", "Session"]

ANSWERING = ("class", "accept", "junk", "unsure", "skip", "new-class")
"""What needs a box that is selected."""

NOTHING_TO_ACCEPT: dict[Mode, str] = {
    "open": "there is no suggestion",
    "after": "suggestions come after the answer",
    "blind": "suggestions are hidden",
}


class Session:
    """A queue in front of one annotator.

    The faces (napari, the browser's server, tests) call :meth:`press` with the name of a key and
    draw what is here. Every act is in the journal, flushed to disk, before it shows; where writing
    fails, nothing has happened. All there is to remember is in the journal: a session opened again
    stands where the last one stopped.

    Parameters
    ----------
    campaign, queue, annotator
        Whose answers to which boxes; `queue` is that of :func:`cryoal.review.queue.make_queue`.
    interface
        Which face: for the journal.
    blind
        Whether suggestions are hidden; those of an audit always are.
    mode
        When suggestions are shown; None: as ``review.suggestions`` says.
    clock
        Seconds; measures how long a box was in front of the annotator.

    Attributes
    ----------
    cursor : Cursor
        Where the annotator stands. When every box has an answer nothing is selected, and keys that
        answer do nothing: the next one would change what was said of the last box.
    message : str
        What to tell about the last key, in one line.
    n_passed : int
        Boxes that left the audit because of this sitting (:mod:`cryoal.campaign.audit_passed`).
    """

    def __init__(
        self,
        campaign: Campaign,
        queue: Queue,
        annotator: str,
        *,
        interface: str,
        blind: bool = False,
        mode: Mode | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.campaign = campaign
        self.queue = queue
        self.annotator = annotator
        self.mode = mode_of(campaign, queue, mode, blind=blind)
        self.message = ""
        self._interface = interface
        self._clock = clock
        self._places: list[Place] = [(item.key, item.repeat) for item in queue.items]
        self._numbers = {place: number for number, place in enumerate(self._places)}
        self._classes = ClassList(campaign.path, campaign.config)
        self._cards = Cards(campaign, queue, annotator, mode=self.mode)
        self._name = secrets.token_hex(4)
        self._is_announced = False
        self._n_presses = 0
        self._began = clock()
        self._passed: set[str] = set()
        self._made: list[str] = []
        self.n_passed = 0
        self.cursor = Cursor(len(self._places))
        self._go_on(len(self._places) - 1)
        if line := keyless(self.classes, self.keys):
            self.message = f"{self.message}; {line}" if self.message else line

    @property
    def blind(self) -> bool:
        """Whether nothing of what others or the classifier think is ever shown."""
        return self.mode == "blind"

    # what the faces draw

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, as the campaign has them now."""
        return self._classes.names

    @property
    def keys(self) -> dict[str, str]:
        """Class by key."""
        return self._classes.keys

    @property
    def junk_class(self) -> str:
        """The class that the key J gives; it need not be there yet."""
        return self._classes.junk

    @property
    def position(self) -> int:
        """The box in front, an index of ``queue.items``."""
        return self.cursor.position

    @property
    def selection(self) -> range:
        """The boxes that the next key is about; none when every box has an answer."""
        return self.cursor.selection

    def shown(self, number: int) -> Shown:
        """What the card of box `number` tells."""
        return self._cards.shown(number)

    def mark(self, status: Status, label: str | None) -> Mark:
        """Shape and colour of what was answered."""
        if status == "unsure":
            return UNSURE
        if label is None:
            return OPEN
        return self.class_mark(label)

    def class_mark(self, label: str) -> Mark:
        """Shape and colour of a class."""
        return self._classes.mark(label)

    def progress(self) -> Progress:
        """How far the sitting is."""
        states = [self.shown(number) for number in range(len(self._places))]
        done = [s for s in states if s.status in ("answered", "unsure")]
        repeats = [
            (self._cards.ledger.label((key, False)), self._cards.ledger.label((key, True)))
            for key, is_repeat in self._places
            if is_repeat and self._cards.ledger.status((key, True)) == "answered"
        ]
        counts = Counter(s.label for s in done if s.label is not None)
        return Progress(
            n_boxes=len(states),
            n_done=len(done),
            n_skipped=sum(s.status == "skipped" for s in states),
            n_unsure=sum(s.status == "unsure" for s in states),
            n_flagged=sum(s.is_flagged for s in states),
            n_conflicts=0 if self.queue.settles else sum(bool(s.others) for s in states),
            n_repeats=len(repeats),
            n_repeats_same=sum(first == again for first, again in repeats),
            by_class={name: counts[name] for name in dict.fromkeys([*self.classes, *counts])},
            seconds=tuple(self._cards.ledger.seconds()),
            sitting_seconds=self._clock() - self._began,
        )

    # what the keys do

    def press(self, key: str) -> str:
        """Do what the key `key` does and return the name of the action; "" when it does nothing.

        Keys that change how things are drawn (``low-pass``, ``context`` ...) are for the face to
        do; so is ``new-class``, which asks for a name and then calls :meth:`add_class`. An error is
        told in `message`, and nothing has changed.
        """
        self.message = ""
        try:
            if not self._classes_are_as_shown():
                return "classes-changed"
            action, label = action_of(key, self.keys)
            if action in ANSWERING and not self.selection:
                self._tell_onward()
                return ""
            self._act(action, label)
        except (CryoALError, OSError) as error:
            self.message = f"not recorded: {error}"
            return "error"
        return action

    def _act(self, action: str, label: str | None) -> None:
        match action:
            case "class":
                self.answer(label)
            case "accept":
                self.accept()
            case "junk":
                self.junk()
            case "unsure":
                self.answer(None)
            case "skip":
                self.skip()
            case "flag":
                self.flag()
            case "undo" | "redo":
                self.recall(again=action == "redo")
            case "escape":
                self.cursor.let_go()
            case "next-open":
                self._go_on(self.position)
            case _ if self.cursor.move(action):
                self._shown_at = self._clock()

    def answer(self, label: str | None, numbers: Sequence[int] | None = None) -> None:
        """Give the selected boxes (or those of `numbers`) a class, or None: cannot say.

        Raises
        ------
        LabelError
            The campaign has no such class.
        """
        chosen = list(self.selection if numbers is None else numbers)
        self._give([(number, label) for number in chosen])

    def accept(self) -> None:
        """Give each selected box the class that was suggested for it."""
        found = [(number, self.shown(number).suggestion) for number in self.selection]
        given = [(number, label) for number, label in found if label is not None]
        if not given:
            self.message = f"nothing to accept: {NOTHING_TO_ACCEPT[self.mode]}"
            return
        self._give(given)

    def junk(self) -> None:
        """Give the selected boxes the class for junk, made when it is not there."""
        self.add_class(self.junk_class)

    def add_class(self, name: str) -> None:
        """Add a class to the campaign and give it to the selected boxes.

        Raises
        ------
        ConfigError
            The name cannot be that of a class.
        """
        if not self.selection:
            self.message = ""
            self._tell_onward()
            return
        wanted = name.strip()
        is_new = self._classes.add(wanted)
        if is_new:
            self._made.append(wanted)
            self.campaign.config = self._classes.config
        try:
            self.answer(wanted)
        except (CryoALError, OSError):
            self._drop_unused([wanted])
            raise
        if is_new:
            self.message += f"; {wanted!r} is now a class of the campaign"
            line = keyless([wanted], self.keys)
            self.message += f"; {line}" if line else ""

    def skip(self) -> None:
        """Put the selected boxes off; those that were answered stay so."""
        chosen = [
            self._places[number]
            for number in self.selection
            if self._cards.ledger.status(self._places[number]) in ("open", "skipped")
        ]
        last, time, press = self.selection[-1], now(), self._next_press()
        self._write([Skip(key, self.annotator, time, press, again) for key, again in chosen])
        if chosen:
            self.message = f"{len(chosen)} put off: they come again at the end"
        self._go_on(last)

    def flag(self) -> None:
        """Flag the selected boxes for discussion, or take the flags off where all have one.

        Where none is selected, it is the box in front.
        """
        numbers = self.selection or [self.position]
        places = [self._places[number] for number in numbers]
        raised = not all(self._cards.ledger.is_flagged(place) for place in places)
        time, press = now(), self._next_press()
        self._write([Flag(key, raised, self.annotator, time, press, rep) for key, rep in places])
        self.message = f"{len(places)} {'flagged' if raised else 'no longer flagged'}"

    def recall(self, *, again: bool) -> None:
        """Take the last press of this queue back, or (`again`) the last undo."""
        self._cards.follow()
        press = self._cards.ledger.redoable if again else self._cards.ledger.undoable
        word = "redo" if again else "undo"
        if press is None:
            self.message = f"nothing to {word} in {self.queue.name}"
            return
        named = self._cards.ledger.labels_of(press)
        back = self._classes.restore(self.campaign, named) if again else []
        self._made += back
        self._write([Recall(press, again, self.annotator, now())])
        gone = [] if again else self._drop_unused(named)
        self._follow_classes()
        numbers = sorted(self._numbers[place] for place in self._cards.ledger.places_of(press))
        self.go(numbers[0])
        self.message = f"{word}: {self.queue.items[numbers[0]].key}" + (
            f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
        )
        self.message += "".join(f"; {name!r} is no class any more" for name in gone)
        self.message += "".join(f"; {name!r} is a class again" for name in back)

    def follow(self) -> None:
        """Take in what other windows and annotators have written to the journals since."""
        self._cards.follow()

    def go(self, number: int, *, extend: bool = False) -> None:
        """Put box `number` in front; with `extend`, everything from the selection's start to it."""
        self.cursor.go(number, extend=extend)
        self._shown_at = self._clock()

    # the inside

    def _give(self, given: Sequence[tuple[int, str | None]]) -> None:
        if not given:
            self.message = ""
            self._tell_onward()
            return
        for _, label in given:
            if label is not None and label not in self.classes:
                raise LabelError(f"no class called {label!r}{nearest(label, self.classes)}")
        time, press = now(), self._next_press()
        seconds = round((self._clock() - self._shown_at) / len(given), 2)
        settles = self.queue.settles
        if settles:
            self._cards.follow()
        self._pass_over(number for number, _ in given)
        self._write(
            [
                Answer(
                    key=self.queue.items[number].key,
                    label=label,
                    annotator=self.annotator,
                    time=time,
                    settles=settles,
                    press=press,
                    repeat=self.queue.items[number].repeat,
                    shown=self.shown(number).suggestion,
                    seconds=seconds,
                    counts_from=self._cards.counts_from(number, time) if settles else "",
                )
                for number, label in given
            ]
        )
        # another window's undo may have taken a class away that it alone had used
        if self._classes.restore(self.campaign, {label for _, label in given if label}):
            self._follow_classes()
        said = {label or "unsure" for _, label in given}
        what = self.queue.items[given[0][0]].key if len(given) == 1 else f"{len(given)} boxes"
        self.message = f"{what}: {', '.join(sorted(said))}"
        self._go_on(max(number for number, _ in given))

    def _drop_unused(self, names: Sequence[str]) -> list[str]:
        """Take classes out of the campaign that were made here and have no label; returns them."""
        made = [name for name in names if name in self._made]
        gone = drop_unused(self.campaign, made) if made else []
        self._follow_classes()
        return gone

    def _follow_classes(self) -> None:
        """Take the classes as the file has them; for changes that were made here."""
        if self._classes.has_changed():
            self.campaign.config = self._classes.config

    def _pass_over(self, numbers: Iterable[int]) -> None:
        """Let boxes of the audit go that stand before these; first, as too many do no harm."""
        keys = [key for key in passed_by(self.queue, numbers) if key not in self._passed]
        if keys:
            self.n_passed += len(pass_over(self.campaign, keys))
            self._passed.update(keys)

    def _write(self, events: Sequence[Event]) -> None:
        """Append to the journal, after a line that begins the sitting; then take it in."""
        if not events:
            return
        opening = [] if self._is_announced else [self._sitting(events[0].time)]
        self.campaign.labels.append(self.annotator, [*opening, *events])
        self._is_announced = True
        self._cards.follow()

    def _sitting(self, time: str) -> Sitting:
        return Sitting(
            name=self._name,
            annotator=self.annotator,
            time=time,
            campaign=self.campaign.identity,
            interface=self._interface,
            version=version("cryoal"),
            queue=self.queue.name,
            order=self.queue.order,
            blind=self.blind,
            suggestions="after" if self.mode == "after" else "",
        )

    def _next_press(self) -> str:
        self._n_presses += 1
        return f"{self._name}-{self._n_presses}"

    def _go_on(self, after: int) -> None:
        """To the next box without an answer; one that was put off only when no other is left."""
        following = self._next_open(after)
        if following is None:
            self.cursor.go_past(after)
            self._shown_at = self._clock()
            self._tell_onward()
        else:
            self.go(following)

    def _tell_onward(self) -> None:
        """Say that there is nothing left to answer, and what to type next."""
        onward = what_next(self.campaign, self.queue)
        told = f"every box has an answer, none is selected (← goes back); next: {onward}"
        self.message += f"; {told}" if self.message else told

    def _next_open(self, after: int) -> int | None:
        n = len(self._places)
        in_turn = [(after + 1 + step) % n for step in range(n)]
        for wanted in ("open", "skipped"):
            for number in in_turn:
                if self._cards.ledger.status(self._places[number]) == wanted:
                    return number
        return None

    def _classes_are_as_shown(self) -> bool:
        """Whether every key on the screen still means what it did; takes in new names."""
        before = {**self.keys, "j": self.junk_class}
        if not self._classes.has_changed():
            return True
        self.campaign = Campaign.open(self.campaign.path)  # answers may have other names now
        self._cards = Cards(self.campaign, self.queue, self.annotator, mode=self.mode)
        now_give = {**self.keys, "j": self.junk_class}
        if now_give.items() >= before.items():  # classes were added behind the others
            return True
        self.message = (
            f"not recorded: the classes of {self.campaign.path / NAME} were changed to "
            f"{', '.join(self.classes)}; look at their keys and press again"
        )
        return False
