"""When an encoder that has learnt is still that of the campaign."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import described, pretrained
from cryoal.campaign.described import ENCODED, Describer, current_columns
from cryoal.campaign.model import current_team
from cryoal.campaign.pretrained import FOLDER, current_encoder
from cryoal.data.pool_there import PoolThere
from cryoal.descriptors.columns import Describing
from cryoal.errors import FileFormatError
from cryoal.models.build import build_network
from cryoal.pretrain.pretrained import Pretrained, write_pretrained

if TYPE_CHECKING:
    from cryoal.campaign import Campaign
    from cryoal.descriptors.columns import Columns
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
        patched.setattr(described, "read_pretrained", loaded)
        np.testing.assert_array_equal(current_columns(campaign).read(ENCODED, index), rows)
    file = campaign.path / "descriptors" / f"{ENCODED}.f32"
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(content)
    np.testing.assert_array_equal(current_columns(campaign).read(ENCODED, index), rows)


def test_descriptors_and_embedding_are_the_same_where_they_are_sent(campaign: Campaign) -> None:
    keep_encoder(campaign)
    columns = current_columns(campaign)
    describer = Describer(8, "cpu", campaign.path / FOLDER, None, _version(columns, ENCODED))
    sent = pickle.loads(
        pickle.dumps(Describing(PoolThere(campaign.pool), describer, columns.names))
    )
    index = np.arange(len(campaign.pool))
    for name, rows in sent.of(0, len(index)).items():
        np.testing.assert_array_equal(rows, columns.read(name, index))


def test_an_encoder_of_another_version_describes_nothing(campaign: Campaign) -> None:
    keep_encoder(campaign)
    describer = Describer(8, "cpu", campaign.path / FOLDER, None, "0123456789abcdef")
    boxes = campaign.pool.read_normalised(np.arange(2))
    with pytest.raises(FileFormatError, match="expected the encoder 0123456789abcdef in"):
        describer(boxes, [ENCODED])


def test_a_pair_that_starts_from_it_may_learn_in_fewer_epochs(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    campaign.record("ann", list(truth.items())[:12])
    settings = campaign.config
    config = replace(settings, classifier=replace(settings.classifier, use="auto"))
    keep_encoder(campaign)
    found = []
    for share in (1.0, 0.5):
        campaign.config = replace(config, pretrain=replace(config.pretrain, epochs=share))
        found.append(current_team(campaign).report)  # another share: trained anew
    rates = [report["history"]["learning_rate"] for report in found]
    assert [len(of) for of in rates] == [config.train.epochs, config.train.epochs // 2] == [2, 1]
    assert rates[1][0] == pytest.approx(config.train.learning_rate / 10)
    assert [report["made_from"]["epochs"] for report in found] == [None, 0.5]


def _version(columns: Columns, name: str) -> str:
    return next(made.version for made in columns.made if made.name == name)
