"""When an encoder that has learnt is still that of the campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import pretrained
from cryoal.campaign.described import ENCODED, current_columns
from cryoal.campaign.pretrained import current_encoder
from cryoal.models.build import build_network
from cryoal.pretrain.pretrained import Pretrained, write_pretrained

if TYPE_CHECKING:
    from cryoal.campaign import Campaign
    from cryoal.records import Json


def keep_encoder(campaign: Campaign, box: int = 8, side: int = 8) -> None:
    """Put an encoder of random weights where one that has learnt would be."""
    model = campaign.config.model
    encoder = build_network(model.student, width=model.width, stem=model.stem, n_classes=2, seed=0)
    folder = campaign.path / "pretrained"
    folder.mkdir()
    told: dict[str, Json] = {
        "method": campaign.config.pretrain.method,
        "embedding_version": 1,
        "backbone": model.student,
        "width": model.width,
        "stem": model.stem,
        "boxes": 9,
        "box": box,
        "side": side,
        "moves": [[1, 1, 1]],
        "identity": "ab",
    }
    write_pretrained(folder, Pretrained(encoder.eval(), told))


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
    keep_encoder(campaign, box, side)
    found = current_encoder(campaign, 8, may_learn=False)
    assert (found is not None) == is_kept


def test_what_is_embedded_already_is_read_without_loading_the_encoder(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_encoder(campaign)
    index = np.arange(len(campaign.pool))
    rows = current_columns(campaign).read(ENCODED, index)

    def loaded(*_: object) -> None:
        raise AssertionError("expected that no network is built")

    with monkeypatch.context() as patched:
        patched.setattr(pretrained, "read_pretrained", loaded)
        np.testing.assert_array_equal(current_columns(campaign).read(ENCODED, index), rows)
    file = campaign.path / "descriptors" / f"{ENCODED}.f32"
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(content)
    np.testing.assert_array_equal(current_columns(campaign).read(ENCODED, index), rows)
