from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.errors import LabelError
from cryoal.losses.task import class_weights, task_loss


def test_it_is_the_cross_entropy_in_nats() -> None:
    logits = torch.tensor([[0.0, 0.0], [np.log(3.0), 0.0]])  # p of the truth: 1/2, 3/4
    loss = task_loss(logits, torch.tensor([0, 0]), torch.ones(2))
    assert loss.item() == pytest.approx((np.log(2) + np.log(4 / 3)) / 2)


def test_half_precision_logits_are_widened_first() -> None:
    logits = torch.tensor([[30.0, 0.0]], dtype=torch.bfloat16)
    loss = task_loss(logits, torch.tensor([1]), torch.ones(2))
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(30.0)


def test_balanced_weights_make_classes_count_alike() -> None:
    targets = np.array([0, 0, 0, 1, 3])
    weights = class_weights(targets, 4, "balanced")
    # 5 boxes, 3 classes present: 5 / (3 x 3), 5 / (3 x 1), absent, 5 / (3 x 1)
    torch.testing.assert_close(weights, torch.tensor([5 / 9, 5 / 3, 0.0, 5 / 3]))
    assert weights[targets].mean().item() == pytest.approx(1.0)
    assert torch.equal(class_weights(targets, 4, "none"), torch.ones(4))


def test_ignored_pixels_of_masks_have_no_share() -> None:
    masks = np.array([[[0, 0, 255], [-100, 0, 1]]])  # 4 pixels, 2 classes: 4 / (2 x 3), 4 / (2 x 1)
    weights = class_weights(masks, 3, "balanced")
    torch.testing.assert_close(weights, torch.tensor([4 / 6, 2.0, 0.0]))
    with pytest.raises(LabelError, match="expected a class from 0 to 2 in the labels, found none"):
        class_weights(np.full((1, 2, 2), 255), 3, "balanced")
