"""Shells, told on a device, are those that are told by numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.descriptors.appearance import appearance
from cryoal.descriptors.describe import make_block
from tests.descriptors.boxes import noise


@pytest.mark.parametrize("side", [8, 14, 16, 32])
def test_shells_are_the_appearance_of_volumes(side: int) -> None:
    boxes = torch.cat(
        [noise(3, side), 10 + 1e-3 * noise(1, side), torch.full_like(noise(1, side), 7)]
    )
    rows = make_block("shells")(boxes).numpy()
    np.testing.assert_allclose(rows, appearance(boxes.numpy()), rtol=1e-6, atol=1e-6)


def test_a_worked_example() -> None:
    box = torch.zeros(1, 8, 8, 8)
    box[0, 4, 4, 4] = 3.0  # shell 0: 1 voxel
    box[0, 3, 4, 4] = 6.0  # shell 1, at distances 1 and sqrt(2): 6 + 12 voxels
    (row,) = make_block("shells")(box).numpy()
    mean = 6.0 / 18.0
    deviation = np.sqrt(36.0 / 18.0 - mean**2)
    expected = [3.0, mean * np.sqrt(18), 0, 0, 0.0, deviation * np.sqrt(36), 0, 0]
    np.testing.assert_allclose(row, expected, rtol=1e-6)
