"""Rows of an embedding belong to their boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.config import make_config
from cryoal.feed.moves import allowed_moves
from cryoal.models.build import build_network
from cryoal.pretrain.embed import embed
from cryoal.pretrain.pretrained import Pretrained

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOXES = np.random.default_rng(0).standard_normal((70, 8, 8, 8)).astype(np.float32)


def encoder(*settings: str) -> Pretrained:
    config = make_config(["a", "b"], settings=settings)
    network = build_network("resnet10", width=2, stem="stride", n_classes=2, seed=0).eval()
    moves = allowed_moves(config.augment).tolist()
    return Pretrained(network, {"moves": moves, "side": 8, "embedding_version": 1})


def test_a_row_depends_on_its_box_alone_to_the_bit() -> None:
    rows = embed(encoder(), BOXES)
    assert (rows.shape, rows.dtype) == ((70, 16), np.float32)
    assert np.array_equal(rows[[69, 3]], embed(encoder(), BOXES[[69, 3]]))


def test_no_boxes_have_no_rows() -> None:
    assert embed(encoder(), BOXES[:0]).shape == (0, 16)


def with_repeated_edges(inner: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes of 8 from what lies about their centre voxel; moves of them lose nothing."""
    return np.pad(inner, [(0, 0), *[(1, 0)] * 3], mode="edge")


@pytest.mark.parametrize("signs", [np.s_[:, ::-1, ::-1, :], np.s_[:, ::-1, ::-1, ::-1]])
def test_a_box_moved_as_the_wedge_allows_has_the_same_row(signs: tuple[slice, ...]) -> None:
    inner = BOXES[:, 1:, 1:, 1:]
    rows = embed(encoder(), with_repeated_edges(inner))
    again = embed(encoder(), with_repeated_edges(inner[signs]))
    assert again == pytest.approx(rows, abs=1e-6)
    apart = np.linalg.norm(rows[:, None] - again, axis=2)
    assert np.array_equal(apart.argmin(axis=1), np.arange(70))


def test_where_mirror_images_differ_they_have_other_rows() -> None:
    inner = BOXES[:1, 1:, 1:, 1:]
    box, mirrored = with_repeated_edges(inner), with_repeated_edges(inner[:, ::-1, ::-1, ::-1])
    handed = encoder("augment.mirror=false")
    assert np.abs(embed(handed, mirrored) - embed(handed, box)).max() > 1e-3


def test_other_weights_are_another_version() -> None:
    one, other = encoder(), encoder()
    assert one.version == other.version
    next(other.encoder.parameters()).data += 1
    assert one.version != other.version
