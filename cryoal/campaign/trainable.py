"""Whether labels are enough to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.campaign.campaign import Campaign

__all__ = ["can_train", "require_trainable"]


def can_train(labels: Mapping[str, str]) -> bool:
    """Whether there is anything to learn: at least two classes are labelled."""
    return len(set(labels.values())) >= 2


def require_trainable(campaign: Campaign, labels: Mapping[str, str]) -> None:
    """Raise CampaignError where fewer than two classes are labelled."""
    if not can_train(labels):
        found = ", ".join(sorted(set(labels.values()))) or "no class"
        raise CampaignError(
            f"expected labels of at least two classes to train on, found {len(labels)} labels "
            f"({found}) in {campaign.labels.folder}; label a query first"
        )
