"""The pair of the model that a campaign began with, and what it teaches those that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from cryoal.campaign.inherited import can_classify, inherited_model
from cryoal.campaign.trainable import can_train

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.model import TrainedTeam

__all__ = ["can_score", "inherited_team"]


def can_score(campaign: Campaign, labels: Mapping[str, str], needs: Iterable[str]) -> bool:
    """Whether a strategy with these `needs` can score: by own labels, or by the model's.

    One that needs networks waits for own labels where the model has none.
    """
    if can_train(labels):
        return True
    if not can_classify(campaign, labels):
        return False
    from cryoal.campaign.classifier import needs_team

    uses_pair = campaign.config.classifier.use == "pair" or needs_team(needs)
    return not uses_pair or inherited_team(campaign)[0] is not None


def inherited_team(
    campaign: Campaign,
) -> tuple[TrainedTeam | None, Literal["heads", "teacher", "mean"]]:
    """The pair of the model, where it is of these classes and networks, and who classified then."""
    from cryoal.campaign.inherited_pair import fill, is_of
    from cryoal.campaign.model import TrainedTeam
    from cryoal.companions.build import build_team
    from cryoal.feed.device import choose_device

    model = inherited_model(campaign)
    if model is None or not is_of(campaign, model):
        return None, "heads"
    card, config = model.card, campaign.config
    companions = [role for role in card.networks if role != "teacher"]
    team = build_team(config, companions, seed=0)
    fill(team, model)
    team.train(False)
    report: dict[str, Any] = {
        "trained": False,
        "seconds": {},
        "history": {},
        "made_from": {"inherited": card.digest},
    }
    trained = TrainedTeam(team.to(choose_device(config.device)), report, campaign.path)
    name = card.classifier if card.classifier in ("heads", "teacher", "mean") else "heads"
    return trained, cast("Literal['heads', 'teacher', 'mean']", name)
