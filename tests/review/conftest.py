"""A campaign with a query of thirty boxes, and sittings in front of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from cryoal.review.queue import make_queue
from cryoal.review.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryoal.campaign import Campaign
    from cryoal.review.modes import Mode
    from cryoal.review.queue import Order


@dataclass
class Clock:
    """A clock that moves when told to."""

    time: float = 0.0

    def __call__(self) -> float:
        return self.time


@dataclass
class Desk:
    """Opens sittings, one after the other, at the same campaign."""

    campaign: Campaign
    clock: Clock = field(default_factory=Clock)
    repeats: float = 0.05

    def sit(
        self,
        annotator: str = "ana",
        *,
        which: str = "query",
        order: Order = "score",
        blind: bool = False,
        mode: Mode | None = None,
    ) -> Session:
        """A sitting as after a restart: nothing is known but what is on the disk."""
        campaign = type(self.campaign).open(self.campaign.path)
        review = replace(campaign.config.review, repeats=self.repeats)
        campaign.config = replace(campaign.config, review=review)
        queue = make_queue(campaign, annotator, which=which, order=order)
        return Session(
            campaign, queue, annotator, interface="test", blind=blind, mode=mode, clock=self.clock
        )


@pytest.fixture
def desk(campaign: Campaign, asked: list[str]) -> Desk:
    return Desk(campaign)


@pytest.fixture
def press() -> Callable[..., None]:
    """Press several keys; every one of them must do something."""

    def press_all(session: Session, *keys: str) -> None:
        for key in keys:
            assert session.press(key), (key, session.message)

    return press_all
