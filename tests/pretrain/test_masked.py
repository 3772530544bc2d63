"""What is hidden of a box, and what is counted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.config import make_config
from cryoal.models.build import build_network
from cryoal.pretrain.masked import Masked, hidden_blocks, masked_loss


@pytest.mark.parametrize("side", [8, 10, 16])
def test_three_fifths_of_the_blocks_are_hidden_in_every_box(side: int) -> None:
    hidden = hidden_blocks(20, side, np.random.default_rng(0))
    assert hidden.shape == (20, 1, side, side, side)
    corners = hidden[:, 0, ::4, ::4, ::4].reshape(20, -1)
    assert (corners.sum(axis=1) == round(0.6 * corners.shape[1])).all()
    whole = corners.reshape(20, 1, *hidden[0, 0, ::4, ::4, ::4].shape)
    for axis in (2, 3, 4):
        whole = whole.repeat(4, axis=axis)
    assert np.array_equal(hidden, whole[:, :, :side, :side, :side])
    assert len(np.unique(corners, axis=0)) > 1


def test_only_hidden_voxels_count() -> None:
    boxes = torch.arange(8.0).reshape(1, 1, 2, 2, 2)
    made = torch.zeros_like(boxes)
    hidden = boxes >= 6
    assert masked_loss(made, boxes, hidden).item() == (36 + 49) / 2


@pytest.mark.parametrize("side", [8, 10])
def test_every_weight_but_the_last_layer_of_the_encoder_learns(side: int) -> None:
    config = make_config(["a", "b"], settings=["model.width=2"])
    encoder = build_network("resnet10", width=2, stem="stride", n_classes=2, seed=0)
    method = Masked(encoder, side, config)
    boxes = torch.randn(8, 1, side, side, side, generator=torch.Generator().manual_seed(0))
    loss = method.loss(boxes, np.random.default_rng(0))
    loss.backward()  # type: ignore[no-untyped-call]
    unused = [name for name, p in method.named_parameters() if p.grad is None]
    assert unused == ["encoder.net.fc.weight", "encoder.net.fc.bias"]
