"""What can be done next with a campaign, as buttons: the same for every window and page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_draw import n_left
from cryoal.campaign.audit_ready import USUAL
from cryoal.campaign.inherited import can_classify, require_classifiable
from cryoal.campaign.query import read_query
from cryoal.campaign.ready import candidates_for, require_answers, require_names
from cryoal.commands import command
from cryoal.errors import CampaignError, CryoALError
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryoal.campaign.campaign import Campaign

__all__ = ["FIRST", "Step", "next_steps"]

FIRST = 40
"""Boxes of a first query, unless somebody says how many."""

ASKED = {"--to": "FORMAT", "--output": "FILE"}
"""What stands for the value of an option that has to be added."""


@dataclass(frozen=True)
class Step:
    """A command that goes on from here."""

    name: str
    """Of the command."""
    title: str
    """For a button."""
    arguments: tuple[str, ...]
    """For :meth:`cryoal.jobs.job.Job.start`."""
    why_not: str | None = None
    """What stands in the way, in one line; None where nothing does."""
    asks: tuple[str, ...] = ()
    """Options that have to be added."""

    def command(self, campaign: Campaign) -> str:
        """As it would be typed."""
        first, *others = self.arguments
        asked = [word for option in self.asks for word in (option, ASKED[option])]
        return command(first, campaign.typed, *others, *asked)


def next_steps(campaign: Campaign, n: int | None = None) -> tuple[Step, ...]:
    """The next query, classification, audit and export; reads no box and starts no training.

    Parameters
    ----------
    n
        Boxes of the next query; as many as the last one asked, unless said.
    """
    if not campaign.has_pool:
        nothing = f"expected boxes in {campaign.typed}, found none: add tomograms and picks first"
        return (
            _select(n or FIRST, nothing),
            Step("classify", "Classify all boxes", ("classify",), nothing),
            Step("audit", f"Draw an audit of {USUAL}", ("audit", "-n", str(USUAL)), nothing),
            _export(nothing),
        )
    few = _problem(lambda: require_classifiable(campaign, campaign.training_labels()))
    return (
        _next_query(campaign, n),
        Step("classify", "Classify all boxes", ("classify",), few),
        _audit(campaign),
        _export(few),
    )


def _next_query(campaign: Campaign, n: int | None) -> Step:
    left = n
    try:
        standing = campaign.standing()
        cycles = campaign.cycles()
        if n is None:
            wanted = len(read_query(cycles[-1]).asked) if cycles else FIRST
            left = min(wanted, len(candidates_for(campaign, 1, standing)))
        else:
            candidates_for(campaign, n, standing)
        require_answers(campaign, standing)
        is_cold = not can_classify(campaign, campaign.training_labels(standing))
        require_names(campaign, is_cold=is_cold)
    except CryoALError as error:
        return _select(left or FIRST, str(error))
    return _select(left or FIRST, None)


def _audit(campaign: Campaign) -> Step:
    n = USUAL

    def require() -> None:
        nonlocal n
        campaign.require_writable()
        found = audit_now(campaign)
        if found is not None and found.open:
            raise CampaignError(
                how_many(len(found.open), "box of the audit has", "boxes of the audit have")
                + " no answer yet: review the queue 'audit'"
            )
        n = min(USUAL, n_left(campaign))
        if not n:
            raise CampaignError(
                f"expected boxes without an answer to draw from in {campaign.typed}, found none"
            )

    why_not = _problem(require)
    n = n or USUAL
    return Step("audit", f"Draw an audit of {n}", ("audit", "-n", str(n)), why_not)


def _select(n: int, why_not: str | None) -> Step:
    return Step("select", f"Select {how_many(n, 'box')}", ("select", "-n", str(n)), why_not)


def _export(why_not: str | None) -> Step:
    return Step("export", "Export", ("export",), why_not, asks=("--to", "--output"))


def _problem(check: Callable[[], object]) -> str | None:
    try:
        check()
    except CryoALError as error:
        return str(error)
    return None
