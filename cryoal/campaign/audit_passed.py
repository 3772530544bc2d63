"""What a queue that somebody chose takes from the audit.

Whoever goes through all boxes called lumen, or what a lasso holds, labels boxes that were chosen
with a look at what is predicted. Boxes of the audit are not shown there. But if these alone stayed,
they would no longer be a fair sample of what is left: of 1,000 boxes with 100 of junk, 10 of them
in an audit of 100, somebody labels the other 90; the audit says then that 91 of the 910 boxes left
are junk, and 10 are. So those that the same choice had held leave the audit, as boxes leave it that
a query asks: the choice did not depend on who is in the audit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cryoal.campaign.audit import members
from cryoal.campaign.audit_file import FILE, change_audit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryoal.campaign.audit_file import Audit
    from cryoal.campaign.campaign import Campaign

__all__ = ["pass_over"]


def pass_over(campaign: Campaign, keys: Iterable[str]) -> list[str]:
    """Let the boxes of the audit among `keys` leave it, and return them.

    Those with an answer are labels from then on, the others may be asked like any box. Nothing is
    written where there is none.

    Raises
    ------
    LockError
        Another process has held ``audit.json`` for ten seconds.
    """
    inside = members(campaign)
    met = [key for key in dict.fromkeys(keys) if key in inside]
    if not met:
        return []

    def without(audit: Audit) -> Audit:
        return replace(audit, taken=tuple(dict.fromkeys([*audit.taken, *met])))

    change_audit(campaign.path / FILE, campaign.identity, without)
    return met
