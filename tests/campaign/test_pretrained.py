"""When an encoder that has learnt is still that of the campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.campaign.pretrained import current_encoder
from cryoal.models.build import build_network
from cryoal.pretrain.pretrained import Pretrained, write_pretrained

if TYPE_CHECKING:
    from cryoal.campaign import Campaign
    from cryoal.records import Json


@pytest.mark.parametrize(
    ("box", "side", "is_kept"),
    [
        (8, 8, True),
        (8, 6, True),  # low-passed boxes, which it crops once more
        (16, 8, False),
    ],
)
def test_it_stays_while_it_was_shown_boxes_of_the_same_edge(
    campaign: Campaign, box: int, side: int, is_kept: bool
) -> None:
    model = campaign.config.model
    encoder = build_network(model.student, width=model.width, stem=model.stem, n_classes=2, seed=0)
    folder = campaign.path / "pretrained"
    folder.mkdir()
    told: dict[str, Json] = {
        "method": campaign.config.pretrain.method,
        "backbone": model.student,
        "width": model.width,
        "stem": model.stem,
        "boxes": 9,
        "box": box,
        "side": side,
        "identity": "ab",
    }
    write_pretrained(folder, Pretrained(encoder.eval(), told))
    found = current_encoder(campaign, 8, may_learn=False)
    assert (found is not None) == is_kept
