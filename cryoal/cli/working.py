"""Who works for a command."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress

__all__ = ["working"]


@contextmanager
def working(campaign: Campaign, scheduler: str | None, progress: Progress) -> Iterator[Progress]:
    """Set who works for `campaign` while the block lasts; gives `progress` back.

    Parameters
    ----------
    scheduler
        What ``--scheduler`` says, in place of the campaign's settings.

    Raises
    ------
    ConfigError, CrewError
        Nobody can be had there.
    """
    from cryoal.distributed.start import crew_of

    config = campaign.config.cluster
    with crew_of(scheduler, config, folder=campaign.path, say=progress.say) as campaign.crew:
        try:
            yield progress
        finally:
            del campaign.crew  # this process again
