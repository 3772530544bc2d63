"""Turns about the centre voxel, and wedges, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.pretrain.turned import cut_wedge, freely_turned, turn

BOXES = torch.randn(3, 1, 8, 8, 8, generator=torch.Generator().manual_seed(0))
STILL = np.tile(np.eye(3), (3, 1, 1))
NOWHERE = np.zeros((3, 3))


def test_no_turn_and_no_shift_give_the_box() -> None:
    assert torch.allclose(turn(BOXES, STILL, NOWHERE), BOXES, atol=1e-6)


def test_a_voxel_comes_to_where_the_rotation_and_the_shift_take_it() -> None:
    boxes = torch.zeros(1, 1, 8, 8, 8)
    boxes[0, 0, 4 + 1, 4, 4 + 2] = 1  # z = 1, y = 0, x = 2 from the centre voxel
    about_z = np.array([[[0, -1, 0], [1, 0, 0], [0, 0, 1.0]]])  # x becomes y
    turned = turn(boxes, about_z, np.array([[1.0, 0, -2]]))  # x by 1, z by -2
    assert turned[0, 0, 4 - 1, 4 + 2, 4 + 1] == pytest.approx(1, abs=1e-5)
    assert turned.sum() == pytest.approx(1, abs=1e-5)


def test_the_centre_voxel_stays_in_any_turn() -> None:
    turned = freely_turned(BOXES, mirror=True, shift=0, rng=np.random.default_rng(0))
    assert torch.allclose(turned[:, 0, 4, 4, 4], BOXES[:, 0, 4, 4, 4], atol=1e-4)
    assert not torch.allclose(turned, BOXES, atol=0.1)


def test_mirror_images_are_made_only_where_they_are_allowed() -> None:
    hand = torch.zeros(64, 1, 16, 16, 16)
    for place in [(11, 8, 8), (8, 12, 8), (8, 8, 13)]:  # of different weight along z, y, x
        hand[(slice(None), 0, *place)] = float(sum(place))
    found = {}
    for mirror in (True, False):
        turned = freely_turned(hand, mirror=mirror, shift=0, rng=np.random.default_rng(0))
        found[mirror] = turned
    same = (found[True] - found[False]).abs().amax(dim=(1, 2, 3, 4)) < 1e-6
    assert 16 < same.sum() < 48  # the generator draws the same rotations first


def test_a_wedge_takes_away_what_the_tilts_do_not_measure_and_no_more() -> None:
    cut = cut_wedge(BOXES, 60.0)
    before = np.fft.fftn(BOXES.double().numpy(), axes=(2, 3, 4))
    after = np.fft.fftn(cut.double().numpy(), axes=(2, 3, 4))
    k = np.fft.fftfreq(8)
    measured = np.abs(k)[:, None, None] <= np.tan(np.radians(60)) * np.abs(k) + 1e-9
    measured = np.broadcast_to(measured, (8, 8, 8))
    assert np.abs(after[:, :, ~measured]).max() < 1e-4
    assert after[:, :, measured] == pytest.approx(before[:, :, measured], abs=1e-4)
    assert torch.allclose(cut_wedge(cut, 60.0), cut, atol=1e-5)


def test_a_shift_moves_without_losing_the_noise_at_the_faces() -> None:
    boxes = torch.randn(50, 1, 8, 8, 8, generator=torch.Generator().manual_seed(1))
    moved = turn(boxes, np.tile(np.eye(3), (50, 1, 1)), np.full((50, 3), 2.0))
    assert moved[..., :2, :2, :2].std().item() == pytest.approx(1, abs=0.1)
