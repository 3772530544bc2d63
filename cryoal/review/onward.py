"""What to type when every box of a queue has an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.commands import command

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.review.queue import Queue

__all__ = ["what_next"]


def what_next(campaign: Campaign, queue: Queue) -> str:
    """The command that goes on from here: the next query, one that was asked since, or how it is.

    What was answered is in the journal by then.
    """
    if queue.kind != "query":
        return command("status", campaign.typed)
    if _was_asked_since(campaign, queue):
        return command("review", campaign.typed)
    n = sum(not item.repeat for item in queue.items)
    return command("select", campaign.typed, "-n", n)


def _was_asked_since(campaign: Campaign, queue: Queue) -> bool:
    """Whether a later query is there, asked in another window for instance."""
    return queue.name != f"cycle {campaign.next_cycle() - 1}"
