"""What a sitting came to, and how to go on: for the card at the end of a queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.campaign.trend import trend_of
from cryoal.jobs.rounds import Step, next_steps

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.review.session import Session

__all__ = ["Closing", "Difference", "closing", "trend_lines"]


@dataclass(frozen=True)
class Difference:
    """A box that was given another class than the one that was suggested."""

    number: int
    """Place in the queue, for :meth:`~cryoal.review.session.Session.go`."""
    key: str
    suggestion: str
    label: str


@dataclass(frozen=True)
class Closing:
    """The numbers of a queue, of this sitting and those before."""

    n_boxes: int
    n_answered: int
    """With a class."""
    n_unsure: int
    n_skipped: int
    n_open: int
    """Neither answered nor put off."""
    n_flagged: int
    by_class: dict[str, int]
    n_suggested: int
    """Of those answered, how many had a suggestion that may be told; none in a blind sitting."""
    differs: tuple[Difference, ...]
    """Those of them that were given another class."""
    n_passed: int
    """Boxes that left the audit, because this sitting answered those around them."""
    seconds: float
    """That were spent in front of boxes."""
    trend: tuple[str, ...]
    """How the classifier comes on, and whether more labels still change anything."""
    next_steps: tuple[Step, ...]
    """The next query, classification, audit and export, with what stands in the way of each."""


def closing(session: Session, *, with_outlook: bool = True) -> Closing:
    """How `session` stands; also before its end, where somebody wants to know.

    The outlook, trend and next steps, reads what all cycles left; without it this takes a moment.
    """
    progress = session.progress()
    suggested, differs = 0, []
    for number, item in enumerate(session.queue.items):
        shown = session.shown(number)
        if shown.label is None or shown.suggestion is None:
            continue
        suggested += 1
        if shown.suggestion != shown.label:
            differs.append(Difference(number, item.key, shown.suggestion, shown.label))
    return Closing(
        n_boxes=progress.n_boxes,
        n_answered=progress.n_done - progress.n_unsure,
        n_unsure=progress.n_unsure,
        n_skipped=progress.n_skipped,
        n_open=progress.n_boxes - progress.n_done - progress.n_skipped,
        n_flagged=progress.n_flagged,
        by_class=progress.by_class,
        n_suggested=suggested,
        differs=tuple(differs),
        n_passed=session.n_passed,
        seconds=sum(progress.seconds),
        trend=trend_lines(session.campaign) if with_outlook else (),
        next_steps=next_steps(session.campaign) if with_outlook else (),
    )


def trend_lines(campaign: Campaign) -> tuple[str, ...]:
    """The trend and the advice as sentences, without the words that ``cryoal status`` aligns."""
    lines = trend_of(campaign, campaign.standing()).lines() if campaign.has_pool else []
    return tuple(line.partition(" ")[2].strip() for line in lines)
