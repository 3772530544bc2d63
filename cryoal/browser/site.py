"""What `cryoal review --serve` answers: the review of one campaign, and the rounds after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.browser.job_routes import job_routes
from cryoal.browser.look_routes import look_routes
from cryoal.browser.review_routes import review_routes
from cryoal.browser.rounds import Rounds
from cryoal.browser.routes import Table

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.browser.desk import Desk
    from cryoal.browser.routes import Route

__all__ = ["ReviewSite"]


class ReviewSite:
    """One campaign.

    Parameters
    ----------
    desk
        Of the campaign.
    rounds
        What may be started, and where it may write: beside the campaign unless told.
    """

    def __init__(self, desk: Desk, rounds: Rounds | None = None) -> None:
        self._desk = desk
        rounds = rounds or Rounds(desk.path, desk.path.resolve().parent)
        self._table = Table([*review_routes(desk), *look_routes(desk), *job_routes(rounds)])

    @property
    def path(self) -> Path:
        """The campaign's directory."""
        return self._desk.path

    def find(self, method: str, path: str) -> Route:
        """The route; a Refusal where there is none."""
        return self._table.find(method, path)

    def wait(self) -> None:
        """Return when nothing is being written."""
        self._desk.wait()

    def close(self) -> None:
        """Let go of the tomograms."""
        self._desk.close()
