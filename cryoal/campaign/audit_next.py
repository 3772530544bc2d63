"""What to tell of an audit, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_sheet import SHEET
from cryoal.campaign.ways import ways_to_label
from cryoal.commands import command
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from cryoal.campaign.audit import AuditNow
    from cryoal.campaign.campaign import Campaign
    from cryoal.data.labels import Standing

__all__ = ["how_to_answer", "said_of_audit", "what_to_do"]


def what_to_do(campaign: Campaign, standing: Standing | None = None) -> str | None:
    """What to type where an audit waits for answers; None where none does. Reads no box."""
    found = audit_now(campaign, standing)
    if found is None or not found.open:
        return None
    of = how_many(len(found.keys), "box of the audit has", "boxes of the audit have")
    return f"{len(found.open)} of {of} no answer: {how_to_answer(campaign)}"


def how_to_answer(campaign: Campaign) -> str:
    """The ways to answer an audit, in one line."""
    sheet = campaign.typed / SHEET
    by_table = ways_to_label(campaign.typed, sheet)[1]
    return f"{command('review', campaign.typed, '--queue', 'audit')}, {by_table}"


def said_of_audit(now: AuditNow) -> list[str]:
    """How the audit stands: what was drawn, answered and lost, without what it says."""
    lines = []
    if now.keys:
        parts = [f"{len(now.keys) - len(now.open)} of {how_many(len(now.keys), 'box')} answered"]
        if now.unnamed:
            parts.append(f"{len(now.unnamed)} of them could not be named")
        if now.n_left:
            parts.append(f"{now.n_left} more are labels or queried since and no part of it")
        lines.append("; ".join(parts))
        n = sum(len(stratum.rows) for stratum in now.strata)
        about = f"it is a random sample of {how_many(n, 'box')} without a label"
        if len(now.strata) > 1:
            strata = ", ".join(f"{s.name} {len(s.audit)} of {len(s.rows)}" for s in now.strata)
            about += f", from {len(now.strata)} strata: {strata}"
        lines.append(about)
        if len(now.outside):
            lines.append(
                "it says nothing of "
                + how_many(
                    len(now.outside),
                    "box: it came after the last draw, or a query asks it",
                    "boxes: they came after the last draw, or a query asks them",
                )
            )
    if now.given and not now.keys:
        lines.append(
            f"the audit was given to training ({how_many(len(now.given), 'box')}) and says "
            "nothing any more: draw another"
        )
    elif not now.keys:
        lines.append("no box is left in the audit: queries asked them all; draw another")
    return lines
