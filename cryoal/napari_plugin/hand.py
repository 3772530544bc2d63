"""Labels that are given in the tomogram: lines of the journal, as in any review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.audit import members
from cryoal.errors import CampaignError
from cryoal.review.queue import make_queue
from cryoal.review.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview

__all__ = ["Hand"]


class Hand:
    """Answers of one annotator about boxes that were clicked; each click is a queue of its own.

    Boxes of the audit and test keys are none of them: they are answered blind, in a review.
    """

    def __init__(self, annotator: str) -> None:
        self._annotator = annotator
        self._given: list[Session] = []

    def answer(
        self,
        campaign: Campaign,
        keys: Sequence[str],
        label: str | None,
        before: Overview | None = None,
    ) -> str:
        """Say `label` of boxes (None: cannot say); returns one line of what was recorded.

        With the last overview, `before`, a click does not read the whole table of classes anew.

        Raises
        ------
        CryoALError
            None of them may be answered here, or the journal cannot be written; nothing was.
        """
        kept = {*members(campaign), *campaign.test_labels()}
        allowed = [key for key in keys if key not in kept]
        if not allowed:
            raise CampaignError(
                f"expected boxes that may be answered in sight of predictions, found {keys[0]} "
                "kept for measuring: the audit's are answered blind, in a review"
            )
        queue = make_queue(
            campaign,
            self._annotator,
            which="keys",
            keys=allowed,
            most=len(allowed),
            before=before,
        )
        session = Session(campaign, queue, self._annotator, interface="napari")
        session.answer(label, range(len(queue.items)))
        self._given.append(session)
        n_kept = len(keys) - len(allowed)
        what = allowed[0] if len(allowed) == 1 else f"{len(allowed)} boxes"
        left_out = f"; {n_kept} kept for measuring were left out" if n_kept else ""
        return f"{what}: {label or 'unsure'}{left_out}"

    def undo(self) -> str:
        """Take the last answer that was given here back; one line of what it was."""
        if not self._given:
            return "nothing to undo: no answer was given here"
        session = self._given[-1]
        session.recall(again=False)
        self._given.pop()
        return session.message
