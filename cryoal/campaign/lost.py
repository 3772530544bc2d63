"""What a campaign had once and has no more, as far as it can tell: a copy that was cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.audit import without_audit
from cryoal.campaign.query import read_query
from cryoal.commands import command
from cryoal.data.staging import missing_parts
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.data.labels import Standing

__all__ = ["lost", "lost_answers", "lost_parts", "lost_tomograms"]


def lost(campaign: Campaign, standing: Standing) -> list[str]:
    """A line for the parts of the pool, one for tomograms and one for the answers that are missing.

    Mostly none.
    """
    return [
        *lost_parts(campaign),
        *lost_tomograms(campaign),
        *lost_answers(campaign, standing),
    ]


def lost_parts(campaign: Campaign) -> list[str]:
    """A line where parts of the pool are missing."""
    parts = missing_parts(campaign.pool_path)
    if not parts:
        return []
    are = "is" if len(parts) == 1 else "are"
    return [f"{', '.join(parts)} {are} missing from {campaign.typed / 'pool.zarr'}"]


def lost_tomograms(campaign: Campaign) -> list[str]:
    """A line where tomograms are gone that boxes are cut from at each reading."""
    gone = campaign.pool.tomograms_gone() if campaign.has_pool else []
    if not gone:
        return []
    n = how_many(len(gone), "tomogram")
    return [
        f"{n} to cut boxes from, first {gone[0].name}, found nowhere, last {gone[0].place()}: "
        f"{command('relocate', campaign.typed, 'FOLDER')}"
    ]


def lost_answers(campaign: Campaign, standing: Standing) -> list[str]:
    """A line where fewer boxes are answered in any way than had a label for the last query.

    That is told, no more: somebody may have taken answers back.
    """
    cycles = campaign.cycles()
    if not cycles:
        return []
    n_then = read_query(cycles[-1]).n_labelled
    taught = without_audit(campaign, standing).answered  # as the query counted
    n_now = len(taught - campaign.test_labels().keys())
    if n_now >= n_then:
        return []
    return [
        f"{how_many(n_now, 'box is', 'boxes are')} answered, {n_then} had a label when "
        f"{cycles[-1].name} was made: is a journal "
        f"missing from {campaign.typed / 'labels'}?"
    ]
