from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.config import AugmentConfig
from cryoal.training.augment import apply_moves, augment

NOTHING = AugmentConfig(rotations=False, mirror=False, shift=0)


def boxes(n: int, side: int = 8) -> torch.Tensor:
    return torch.randn(n, 1, side, side, side, generator=torch.Generator().manual_seed(0))


def move(x: torch.Tensor, signs: list[int], shift: list[int]) -> torch.Tensor:
    return apply_moves(x, np.array([signs]), np.array([shift]))


def test_nothing_allowed_nothing_done() -> None:
    x = boxes(5)
    moved = augment(x, NOTHING, np.random.default_rng(0))
    assert torch.equal(moved, x)
    assert moved.data_ptr() != x.data_ptr()


def test_a_shift_moves_the_content_and_repeats_the_edge() -> None:
    x = torch.arange(8.0)[None, None, None, None, :].expand(1, 1, 8, 8, 8)  # value = x
    moved = move(x, [1, 1, 1], [0, 0, 2])
    assert moved[0, 0, 3, 3].tolist() == [0, 0, 0, 1, 2, 3, 4, 5]
    moved = move(x, [1, 1, 1], [0, 0, -1])
    assert moved[0, 0, 3, 3].tolist() == [1, 2, 3, 4, 5, 6, 7, 7]
    assert torch.equal(move(x, [1, 1, 1], [2, -1, 0]), x)  # nothing varies along z and y


@pytest.mark.parametrize("side", [8, 9])
@pytest.mark.parametrize("signs", [[1, -1, -1], [-1, 1, -1], [-1, -1, 1], [-1, -1, -1]])
def test_turns_and_mirror_keep_the_centre_voxel(side: int, signs: list[int]) -> None:
    x = boxes(1, side)
    moved = move(x, signs, [0, 0, 0])
    c = side // 2
    assert moved[0, 0, c, c, c] == x[0, 0, c, c, c]
    for offset in ((1, 0, 0), (0, 2, 0), (1, -2, 1)):
        there = tuple(c + o for o in offset)
        came_from = tuple(c + s * o for s, o in zip(signs, offset, strict=True))
        assert moved[(0, 0, *there)] == x[(0, 0, *came_from)]


def test_a_half_turn_about_z_reverses_y_and_x() -> None:
    x = boxes(1, 9)  # odd: the centre is the middle, so that it is a plain flip
    assert torch.equal(move(x, [1, -1, -1], [0, 0, 0]), x.flip(3, 4))
    assert torch.equal(move(x, [-1, -1, -1], [0, 0, 0]), x.flip(2, 3, 4))


@pytest.mark.parametrize(
    ("rotations", "mirror", "n_images"), [(True, False, 4), (False, True, 2), (True, True, 8)]
)
def test_all_images_of_the_group_and_no_others_occur(
    rotations: bool, mirror: bool, n_images: int
) -> None:
    one = boxes(1, 9)
    config = AugmentConfig(rotations=rotations, mirror=mirror, shift=0)
    moved = augment(one.expand(200, 1, 9, 9, 9), config, np.random.default_rng(0))
    images = {tuple(x.flatten().tolist()) for x in moved}
    assert len(images) == n_images
    flips = [(), (3, 4), (2, 4), (2, 3)] if rotations else [()]
    allowed = {tuple(one[0].flip([f - 1 for f in flip]).flatten().tolist()) for flip in flips}
    if mirror:
        allowed |= {
            tuple(one[0].flip([f - 1 for f in flip]).flip(1, 2, 3).flatten().tolist())
            for flip in flips
        }
    assert images == allowed


def test_power_spectra_keep_their_wedge() -> None:
    """Energy only inside a wedge of tilts about y stays inside it."""
    k = np.fft.fftfreq(9)
    kz, kx = np.abs(k)[:, None, None], np.abs(k)[None, None, :]
    wedge = np.broadcast_to(kz <= np.tan(np.deg2rad(60)) * kx, (9, 9, 9))
    noise = np.random.default_rng(0).standard_normal((9, 9, 9))
    box = np.fft.ifftn(np.fft.fftn(noise) * wedge).real.astype(np.float32)
    config = AugmentConfig(rotations=True, mirror=True, shift=0)
    moved = augment(torch.from_numpy(box).expand(32, 1, 9, 9, 9), config, np.random.default_rng(0))
    for image in moved[:, 0].numpy():
        assert np.abs(np.fft.fftn(image)[~wedge]).max() < 1e-4


def test_the_generator_decides() -> None:
    x = boxes(6)
    config = AugmentConfig(shift=2)
    first, again, other = (augment(x, config, np.random.default_rng(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
