"""The loss of VICReg, by hand, and what its views are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.config import make_config
from cryoal.models.build import build_network
from cryoal.pretrain.vicreg import VICReg, vicreg_loss

CONFIG = make_config(
    ["a", "b"],
    settings=["model.width=2", "pretrain.shift=0", "pretrain.noise=0", "pretrain.blur=0"],
)


def test_the_loss_is_that_of_a_hand_worked_pair_of_columns() -> None:
    first = torch.tensor([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0]], dtype=torch.float64)
    second = first + torch.tensor([1.0, 0.0])
    # variances 1 and 1, covariance 0.5; half of the squared differences are 1
    spread = max(0.0, 1 - np.sqrt(1 + 1e-4))
    expected = 25 * 0.5 + 25 * spread + 2 * (2 * 0.5**2) / 2
    assert vicreg_loss(first, second).item() == pytest.approx(expected, rel=1e-12)


def test_in_float32_the_loss_is_that_of_numpy_in_float64() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 16, 5)) * 0.5
    loss = 25 * np.mean((a - b) ** 2)
    for rows in (a, b):
        covariance = np.cov(rows.T)
        loss += 12.5 * np.mean(np.maximum(0, 1 - np.sqrt(np.diag(covariance) + 1e-4)))
        loss += (np.sum(covariance**2) - np.sum(np.diag(covariance) ** 2)) / 5
    found = vicreg_loss(torch.from_numpy(a).float(), torch.from_numpy(b).float())
    assert found.item() == pytest.approx(loss, rel=1e-5)


def test_rows_that_are_all_the_same_have_finite_gradients() -> None:
    rows = torch.ones(8, 3, requires_grad=True)
    loss = vicreg_loss(rows, rows)
    (gradient,) = torch.autograd.grad(loss, rows)
    assert loss.item() == pytest.approx(25 * 0.99)
    assert torch.isfinite(gradient).all()


def test_views_are_the_box_moved_and_brighter_or_darker() -> None:
    encoder = build_network("resnet10", width=2, stem="stride", n_classes=2, seed=0)
    method = VICReg(encoder, 8, CONFIG)
    boxes = torch.randn(4, 1, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    first, second = method.views(boxes, np.random.default_rng(0))
    centre = boxes[:, 0, 4, 4, 4]  # about which boxes are moved
    for view in (first, second):
        factors = view[:, 0, 4, 4, 4] / centre
        assert (factors.log().abs() < 0.2001).all()
        assert ((factors - 1).abs() > 1e-5).all()
    assert not torch.equal(first, second)
