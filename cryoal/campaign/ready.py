"""Whether a query can be made: asked by ``select`` before it trains, and by ``status``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.candidates import eligible
from cryoal.campaign.query import read_query
from cryoal.campaign.settings_file import NAME
from cryoal.errors import CampaignError, ConfigError, UnknownNameError
from cryoal.pretrain import METHODS
from cryoal.strategies import STRATEGIES
from cryoal.strategies.base import make_strategy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.labels import Standing
    from cryoal.registry import Table

__all__ = ["candidates_for", "require_answers", "require_names"]


def candidates_for(
    campaign: Campaign, m: int, standing: Standing, *, min_score: float | None = None
) -> NDArray[np.int64]:
    """Positions in the pool of all that may be asked after these answers, at least `m`.

    With `min_score` those alone that the picker scored at least so high.

    Raises
    ------
    CampaignError
        Fewer than `m` are left.
    CryoALError
        What a training would stop at: a label of a class that is not there, for instance.
    """
    campaign.training_labels(standing)
    candidates, of_score = eligible(campaign, standing), ""
    if min_score is not None:
        score = campaign.pool.score
        if not (score == score).any():
            raise CampaignError(
                f"expected the picker's score for --min-score, found none in {campaign.typed}"
            )
        candidates = candidates[score[candidates] >= min_score]
        of_score = f" with a score of at least {min_score:g}"
    if not len(candidates):
        raise CampaignError(
            f"expected candidates to ask about, found none left{of_score} in {campaign.typed}"
        )
    if m > len(candidates):
        raise CampaignError(
            f"expected at most {len(candidates)} boxes to ask for, all that are left{of_score} in"
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


def require_names(campaign: Campaign, *, is_cold: bool, strategy: str | None = None) -> None:
    """Raise where a setting that the next query needs names nothing: now, not after minutes.

    Parameters
    ----------
    is_cold
        Fewer than two classes are labelled, so that ``query.first`` may be needed.
    strategy
        In place of that of the config.

    Raises
    ------
    ConfigError
        ``query.first`` is needed and cannot ask before anything is learnt.
    UnknownNameError
        No such strategy or way of pretraining; says which setting names it.
    """
    config = campaign.config
    if strategy is None:
        _require(campaign, STRATEGIES, "query.strategy", config.query.strategy)
    if config.classifier.use != "pair" and config.pretrain.method != "none":
        leaves_out = '; "none" leaves it out'
        _require(campaign, METHODS, "pretrain.method", config.pretrain.method, leaves_out)
    wanted = make_strategy(strategy or config.query.strategy)
    if is_cold and wanted.needs and wanted.cold_needs is None:
        _require(campaign, STRATEGIES, "query.first", config.query.first)
        first = make_strategy(config.query.first)
        if first.needs and first.cold_needs is None:
            raise ConfigError(
                "expected a strategy that can ask before anything is labelled as query.first, "
                f"found {first.name}; typiclust and random can"
            )


def _require(campaign: Campaign, table: Table, setting: str, name: str, also: str = "") -> None:
    try:
        table.require(name)
    except UnknownNameError as error:
        file = campaign.typed / NAME
        raise UnknownNameError(f"{setting} in {file}: {error}{also}") from error
