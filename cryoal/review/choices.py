"""Which queues there are to choose from, and how many boxes each has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.campaign.audit import members
from cryoal.campaign.query import read_query
from cryoal.review.queue import flagged_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview
    from cryoal.review.which import Kind

__all__ = ["SUGGESTING", "Choice", "choices"]

SUGGESTING: tuple[Kind, ...] = ("class", "suspicious")
"""What is not offered where suggestions are hidden: being in it tells what the classifier thinks.
"""


@dataclass(frozen=True)
class Choice:
    """One queue that a face offers."""

    which: str
    """As :meth:`cryoal.review.which.Which.parse` reads it."""
    title: str
    n: int | None
    """Boxes; None where counting them takes a while."""
    n_open: int | None = None
    """Of them without an answer; None where that is no question."""

    @property
    def said(self) -> str:
        """The number for a person.

        Examples
        --------
        >>> Choice("cycle:0", "cycle 0 (margin)", 40, 12).said, Choice("all", "all", 7).said
        ('40, 12 open', '7')
        """
        if self.n is None:
            return ""
        return f"{self.n:,}, {self.n_open:,} open" if self.n_open else f"{self.n:,}"


def choices(campaign: Campaign, boxes: Overview) -> tuple[Choice, ...]:
    """Queries, the last one first, boxes that need a word, classes as they stand, all boxes.

    Raises
    ------
    FileFormatError
        A query or a journal is damaged.
    """
    standing = campaign.standing()
    queries = [
        (int(folder.name.removeprefix("cycle_")), read_query(folder))
        for folder in reversed(campaign.cycles())
    ]
    found = [
        _of_keys(campaign, boxes, f"cycle:{number}", f"cycle {number} ({query.strategy})",
                 query.keys())
        for number, query in queries
    ]  # fmt: skip
    found += [
        _of_keys(campaign, boxes, "audit", "audit", list(members(campaign))),
        Choice("suspicious", "label may be wrong", None),
        Choice("disputed", "annotators differ", len(standing.disputed)),
        Choice("flagged", "flagged", len(flagged_keys(campaign))),
        Choice("unsure", "nobody could say", len(standing.abstained)),
    ]
    shown = boxes.shown[~boxes.is_held]
    found += [
        Choice(f"class:{name}", f"class {name}", int((shown == number).sum()))
        for number, name in enumerate(boxes.classes)
    ]
    return (*found, Choice("all", "all boxes", len(shown)))


def _of_keys(
    campaign: Campaign, boxes: Overview, which: str, title: str, keys: Sequence[str]
) -> Choice:
    rows = campaign.pool.index(keys)
    return Choice(which, title, len(rows), int((~boxes.is_answered[rows]).sum()))
