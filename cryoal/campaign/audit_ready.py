"""An audit to answer, drawn where none is open: what the button of a review does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_draw import draw_audit, n_left
from cryoal.campaign.audit_sheet import require_taken_in, write_sheet
from cryoal.errors import CampaignError

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign

__all__ = ["USUAL", "ready_audit"]

USUAL = 60
"""Boxes of an audit unless somebody says how many."""


def ready_audit(campaign: Campaign, n: int = USUAL) -> int:
    """Draw `n` boxes, or all that are left, unless boxes of the audit wait for answers already.

    Returns
    -------
    int
        How many boxes of the audit have no answer now.

    Raises
    ------
    CampaignError
        None are left to draw, or the campaign cannot be written to.
    CampaignBusyError
        Another process holds the campaign.
    """
    found = audit_now(campaign)
    if found is not None and found.open:
        return len(found.open)
    with campaign.busy("audit"):
        require_taken_in(campaign)
        left = n_left(campaign)
        if not left:
            raise CampaignError(
                f"expected boxes without an answer to draw from in {campaign.typed}, found none"
            )
        draw = draw_audit(campaign, min(n, left))
        write_sheet(campaign)
    return len(draw.keys)
