"""Labels that are given in the tomogram: lines of the journal, as in any review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import CampaignError
from cryoal.review.queue import make_queue
from cryoal.review.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.campaign import Campaign

__all__ = ["Hand"]


class Hand:
    """Answers of one annotator about boxes of one tomogram.

    Boxes of an open audit and test keys are none of them: they are answered blind, in a review.
    """

    def __init__(self, campaign: Campaign, annotator: str, tomogram: str) -> None:
        self._campaign = campaign
        self._annotator = annotator
        self._tomogram = tomogram
        self._session: Session | None = None
        self._places: dict[str, int] = {}

    def answer(self, keys: Sequence[str], label: str | None) -> str:
        """Say `label` of boxes (None: cannot say); returns one line of what was recorded.

        Raises
        ------
        CryoALError
            None of them may be answered here, or the journal cannot be written; nothing was.
        """
        session = self._sitting()
        allowed = [self._places[key] for key in keys if key in self._places]
        if not allowed:
            raise CampaignError(
                f"expected boxes that may be answered in sight of predictions, found {keys[0]} "
                "kept for measuring: the audit's are answered blind, in a review"
            )
        session.answer(label, allowed)
        n_kept = len(keys) - len(allowed)
        what = keys[0] if len(keys) == 1 else f"{len(allowed)} boxes"
        kept = f"; {n_kept} kept for measuring were left out" if n_kept else ""
        return f"{what}: {label or 'unsure'}{kept}"

    def undo(self) -> str:
        """Take the last answer that was given here back; one line of what it was."""
        if self._session is None:
            return "nothing to undo in this tomogram"
        self._session.recall(again=False)
        return self._session.message

    def _sitting(self) -> Session:
        if self._session is None:
            queue = make_queue(
                self._campaign,
                self._annotator,
                which=f"tomogram:{self._tomogram}",
                order="tomogram",
                most=len(self._campaign.pool),
            )
            self._session = Session(self._campaign, queue, self._annotator, interface="napari")
            self._places = {item.key: number for number, item in enumerate(queue.items)}
        return self._session
