from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from cryoal.errors import LabelError
from cryoal.losses.task import (
    IGNORED,
    accuracy,
    class_weights,
    mean_of_each,
    place_losses,
    task_loss,
)


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


def dense(n: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits ``(n, 4, 5, 6)`` float32 and masks with ignored pixels; the last is ignored whole."""
    rng = np.random.default_rng(0)
    masks = torch.from_numpy(rng.integers(-1, 4, size=(n, 5, 6)))
    masks[-1] = IGNORED
    return torch.from_numpy(rng.normal(0, 3, size=(n, 4, 5, 6))).float(), masks


def test_the_loss_of_masks_is_that_of_the_pixels_that_count() -> None:
    logits, masks = dense()
    weights = torch.tensor([0.5, 2.0, 1.0, 0.25])
    for w in (torch.ones(4), weights):
        expected = cross_entropy(logits.double(), masks, w.double(), ignore_index=IGNORED)
        torch.testing.assert_close(task_loss(logits, masks, w).double(), expected)
    logits.requires_grad_()
    task_loss(logits, masks, weights).backward()
    assert logits.grad is not None
    assert (logits.grad.movedim(1, -1)[masks == IGNORED] == 0).all()


def test_each_image_has_the_mean_over_its_pixels() -> None:
    logits, masks = dense()
    found = mean_of_each(place_losses(logits, masks), masks)
    expected = [
        cross_entropy(x[None].double(), y[None], ignore_index=IGNORED).item()
        for x, y in zip(logits[:2], masks[:2], strict=True)
    ]
    assert found.tolist() == pytest.approx([*expected, 0.0], rel=1e-5)


def test_a_batch_in_which_nothing_counts_is_no_obstacle() -> None:
    logits, masks = dense()
    logits.requires_grad_()
    loss = task_loss(logits, torch.full_like(masks, IGNORED), torch.ones(4))
    loss.backward()
    assert loss.item() == 0.0
    assert logits.grad is not None
    assert (logits.grad == 0).all()


def test_ignored_pixels_are_neither_right_nor_wrong() -> None:
    logits = torch.tensor([[[[2.0, 0.0, 1.0]], [[1.0, 1.0, 3.0]]]])  # classes 0, 1, 1
    assert accuracy(logits, torch.tensor([[[0, 0, -1]]])).item() == 0.5
    assert accuracy(logits, torch.tensor([[[-1, -1, -1]]])).item() == 0.0
    assert accuracy(logits[..., 0, 0], torch.tensor([0])).item() == 1.0
