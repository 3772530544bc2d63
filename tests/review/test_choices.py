from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.overview import overview
from cryoal.review.choices import choices
from cryoal.review.queue import make_queue
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from tests.review.conftest import Desk


def test_every_queue_that_has_boxes_is_there_with_as_many_as_it_then_has(desk: Desk) -> None:
    session = desk.sit()
    campaign = session.campaign
    keys = [item.key for item in session.queue.items if not item.repeat]
    session.go(0)
    for key in ("1", "2", "u", "f"):
        session.press(key)
    random = np.random.default_rng(0).dirichlet([1.0, 1.0, 1.0], len(campaign.pool))
    write_predictions(campaign, random.round(4).tolist())
    boxes = overview(campaign)
    there = {choice.which: choice for choice in choices(campaign, boxes)}
    assert next(iter(there)) == "cycle:0"
    assert (there["cycle:0"].n, there["cycle:0"].n_open) == (len(keys), len(keys) - 3)
    assert (there["unsure"].n, there["flagged"].n, there["disputed"].n) == (1, 1, 0)
    assert there["suspicious"].n is None
    assert there["all"].n == len(campaign.pool)
    for which, choice in there.items():
        if choice.n:
            queue = make_queue(campaign, "ana", which=which)
            assert len({item.key for item in queue.items}) == choice.n
