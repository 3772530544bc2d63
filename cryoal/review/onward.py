"""What to type when every box of a queue has an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.commands import command

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.review.queue import Queue

__all__ = ["what_next"]


def what_next(campaign: Campaign, queue: Queue) -> str:
    """The command that goes on from here: the next query, or how things stand.

    What was answered is in the journal by then.
    """
    if queue.kind == "query":
        n = sum(not item.repeat for item in queue.items)
        return command("select", campaign.typed, "-n", n)
    return command("status", campaign.typed)
