"""What each card of a queue tells besides its picture, followed as the journals grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.data.events import Answer
from cryoal.data.labels import just_after, settled_at
from cryoal.records import moment
from cryoal.review.ledger import Ledger

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.review.ledger import Place, Status
    from cryoal.review.modes import Mode
    from cryoal.review.queue import Queue

__all__ = ["Cards", "Shown"]


@dataclass(frozen=True)
class Shown:
    """What a card tells of its box besides the picture."""

    status: Status
    label: str | None
    suggestion: str | None
    """None where there is none or it is hidden."""
    probability: float | None
    is_flagged: bool
    others: dict[str, str]
    """Class by annotator, of those who differ; hidden until one has answered."""


class Cards:
    """The cards of `queue` as `annotator` sees them; read anew when classes have other names.

    Attributes
    ----------
    ledger : Ledger
        What the annotator's own journal adds up to.
    """

    def __init__(self, campaign: Campaign, queue: Queue, annotator: str, *, mode: Mode) -> None:
        store = self._store = campaign.labels
        self._queue = queue
        self._mode = mode
        self._new_names = campaign.config.new_names()
        self._places: list[Place] = [(item.key, item.repeat) for item in queue.items]
        self._numbers_of: dict[str, list[int]] = {}
        for number, (key, _) in enumerate(self._places):
            self._numbers_of.setdefault(key, []).append(number)
        self.ledger = Ledger(
            store,
            annotator,
            self._places,
            only_settling=queue.settles,
            only_of=queue.name if queue.asks_again else None,
        )
        self._originals = {(key, False) for key, _ in self._places}
        self._others: list[Ledger] = []
        self._shown: dict[int, Shown] = {}
        self._meet()

    def follow(self) -> None:
        """Take in what is new in the journals, and forget what cards told that it is about."""
        if self._meet():
            self._shown.clear()
        for ledger in (self.ledger, *self._others):
            for key in ledger.follow():
                for number in self._numbers_of[key]:
                    self._shown.pop(number, None)

    def _meet(self) -> bool:
        """Take in the journals of annotators that were not there before; whether there are any."""
        known = {self.ledger.annotator, *(ledger.annotator for ledger in self._others)}
        new = [name for name in self._store.annotators() if name not in known]
        self._others += [
            Ledger(self._store, name, self._originals, only_settling=False) for name in new
        ]
        return bool(new)

    def shown(self, number: int) -> Shown:
        """What the card of box `number` tells."""
        if number not in self._shown:
            self._shown[number] = self._show(number)
        return self._shown[number]

    def counts_from(self, number: int, time: str) -> str:
        """As which time settling box `number` at `time` counts; "" where no clock was ahead."""
        key = (self._places[number][0], False)
        said = [ledger.last(key) for ledger in self._others]
        settled = [settled_at(a) for a in said if isinstance(a, Answer) and a.settles]
        given = moment(time)
        later = [at for at in settled if given is not None and at >= given]
        return just_after(max(later)) if later else ""

    def _show(self, number: int) -> Shown:
        place, item = self._places[number], self._queue.items[number]
        status, label = self.ledger.status(place), self.ledger.label(place)
        is_hidden = item.repeat or not self._may_see(place)
        suggestion = None if is_hidden else item.suggestion
        others = dict(item.votes)
        if status in ("answered", "unsure") and not is_hidden and not item.votes:
            others = self._who_differs(place, label)
        return Shown(
            status=status,
            label=label,
            # the queue may be older than the name
            suggestion=suggestion and self._new_names.get(suggestion, suggestion),
            probability=None if is_hidden else item.probability,
            is_flagged=self.ledger.is_flagged(place),
            others=others,
        )

    def _may_see(self, place: Place) -> bool:
        """Whether the annotator may see, or has seen already, what others think of a box."""
        return self._mode == "open" or (self._mode == "after" and self.ledger.has_answered(place))

    def _who_differs(self, place: Place, label: str | None) -> dict[str, str]:
        said = {other.annotator: other.label((place[0], False)) for other in self._others}
        return {name: theirs for name, theirs in said.items() if theirs and theirs != label}
