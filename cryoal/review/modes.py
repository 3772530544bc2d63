"""When the annotator sees what the classifier thinks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.config import SuggestionMode as Mode

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.review.queue import Queue

__all__ = ["MODES", "Mode", "mode_of"]

MODES: dict[Mode, str] = {
    "open": "suggestions are shown",
    "after": "answer first, then see the suggestion",
    "blind": "suggestions are hidden",
}
"""What each is called where one is chosen."""


def mode_of(campaign: Campaign, queue: Queue, mode: Mode | None, *, blind: bool = False) -> Mode:
    """How `queue` is shown: `mode`, or what ``review.suggestions`` says.

    `blind` and queues that nobody may be helped with, such as an audit, are always ``blind``.
    """
    if blind or queue.is_blind:
        return "blind"
    return mode or campaign.config.review.suggestions
