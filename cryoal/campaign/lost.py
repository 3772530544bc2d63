"""What a campaign had once and has no more, as far as it can tell: a copy that was cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.query import read_query
from cryoal.data.staging import missing_parts

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.data.labels import Standing

__all__ = ["lost"]


def lost(campaign: Campaign, standing: Standing) -> list[str]:
    """A line for the parts of the pool, and one for the answers, that are missing; mostly none.

    A query tells how many boxes had a label when it was made. Fewer that are answered in any way
    are told of, no more: somebody may have taken answers back.
    """
    lines = []
    if parts := missing_parts(campaign.pool_path):
        are = "is" if len(parts) == 1 else "are"
        lines.append(f"{', '.join(parts)} {are} missing from {campaign.typed / 'pool.zarr'}")
    if cycles := campaign.cycles():
        n_then = read_query(cycles[-1]).n_labelled
        n_now = len(standing.answered - campaign.test_labels().keys())
        if n_now < n_then:
            lines.append(
                f"{n_now} boxes are answered, {n_then} had a label when {cycles[-1].name} was made:"
                f" is a journal missing from {campaign.typed / 'labels'}?"
            )
    return lines
