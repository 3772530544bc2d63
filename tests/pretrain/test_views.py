"""How views of a box are made less sharp and noisier."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.config import PretrainConfig
from cryoal.pretrain.views import blurred, imaged


def test_a_point_becomes_a_gaussian_of_the_width_asked_for() -> None:
    boxes = torch.zeros(2, 1, 16, 16, 16)
    boxes[:, 0, 8, 8, 8] = 1
    wide = blurred(boxes, np.array([0.0, 1.5]))
    assert torch.allclose(wide[0], boxes[0], atol=1e-6)
    along = np.exp(-((np.arange(16) - 8.0) ** 2) / (2 * 1.5**2))
    expected = along[:, None, None] * along[:, None] * along / along.sum() ** 3
    assert wide[1, 0].numpy() == pytest.approx(expected, abs=1e-6)


def test_noise_is_added_up_to_its_strength_and_differs_between_boxes() -> None:
    boxes = torch.zeros(400, 1, 8, 8, 8)
    settings = PretrainConfig(noise=2.0, blur=0.0)
    strength = imaged(boxes, settings, np.random.default_rng(0)).std(dim=(1, 2, 3, 4))
    assert strength.max() < 2.2
    assert strength.mean().item() == pytest.approx(1.0, abs=0.1)
