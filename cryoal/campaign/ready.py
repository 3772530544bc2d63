"""Whether a query can be made: asked by ``select`` before it trains, and by ``status``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.candidates import eligible
from cryoal.campaign.query import read_query
from cryoal.errors import CampaignError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.labels import Standing

__all__ = ["candidates_for", "require_answers"]


def candidates_for(campaign: Campaign, m: int, standing: Standing) -> NDArray[np.int64]:
    """Positions in the pool of all that may be asked after these answers, at least `m`.

    Raises
    ------
    CampaignError
        Fewer than `m` are left.
    CryoALError
        What a training would stop at: a label of a class that is not there, for instance.
    """
    campaign.training_labels(standing)
    candidates = eligible(campaign, standing)
    if not len(candidates):
        raise CampaignError(
            f"expected candidates to ask about, found none left in {campaign.typed}"
        )
    if m > len(candidates):
        raise CampaignError(
            f"expected at most {len(candidates)} boxes to ask for, all that are left in"
            f" {campaign.typed}, found {m}"
        )
    return candidates


def require_answers(campaign: Campaign, standing: Standing) -> None:
    """Raise CampaignError where nothing of the last query has been answered."""
    cycles = campaign.cycles()
    if not cycles:
        return
    asked = read_query(cycles[-1]).keys()
    if not standing.answered.intersection(asked):
        table = campaign.typed / cycles[-1].name / "query.csv"
        raise CampaignError(
            f"expected some answers to the {len(asked)} boxes of {table}, "
            "found none; review or label them first, or go on with --again"
        )
