from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.config import AugmentConfig
from cryoal.errors import ConfigError
from cryoal.feed.moves import apply_moves
from cryoal.training.augment import augment, augment_with_masks, crop_and_flip

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


def test_half_turns_are_drawn_before_shifts() -> None:
    """The order in which a generator is asked: what was trained before is trained again."""
    x = boxes(6)
    moved = augment(x, AugmentConfig(shift=2), np.random.default_rng(3))
    rng = np.random.default_rng(3)
    turns = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    chosen = np.concatenate([turns, -turns])[rng.integers(8, size=6)]
    assert torch.equal(moved, apply_moves(x, chosen, rng.integers(-2, 3, size=(6, 3))))


def test_channels_of_a_box_move_together() -> None:
    x = torch.randn(5, 2, 8, 8, 8, generator=torch.Generator().manual_seed(1))
    config = AugmentConfig(shift=2)
    both = augment(x, config, np.random.default_rng(0))
    for channel in range(2):
        alone = augment(x[:, channel, None], config, np.random.default_rng(0))
        assert torch.equal(both[:, channel, None], alone)
    assert both.is_contiguous()


def images(n: int, height: int = 6, width: int = 8) -> torch.Tensor:
    return torch.randn(n, 3, height, width, generator=torch.Generator().manual_seed(0))


def test_images_are_mirrored_left_to_right_alone() -> None:
    one = images(1)
    config = AugmentConfig(rotations=False, mirror=True, shift=0)
    moved = augment(one.expand(100, 3, 6, 8), config, np.random.default_rng(0))
    mirrored = [torch.equal(image, one[0].flip(2)) for image in moved]
    assert 30 < sum(mirrored) < 70
    for image, was in zip(moved, mirrored, strict=True):
        assert was or torch.equal(image, one[0])


def test_images_are_cropped_from_a_border_of_zeros() -> None:
    one = images(1)
    config = AugmentConfig(rotations=False, mirror=False, shift=2)
    moved = augment(one.expand(400, 3, 6, 8), config, np.random.default_rng(0))
    padded = torch.nn.functional.pad(one[0], (2, 2, 2, 2))
    crops = [padded[:, y : y + 6, x : x + 8] for y in range(5) for x in range(5)]
    counts = [sum(torch.equal(image, crop) for image in moved) for crop in crops]
    assert sum(counts) == 400
    assert min(counts) > 0  # 16 each are expected: all 25 places, corners too


def test_a_shift_moves_an_image_after_its_mirror() -> None:
    row = torch.tensor([[1, 2, 3, 4]])[None, None].expand(1, 1, 2, 4)
    moved = crop_and_flip(row, np.array([True]), np.array([[1, 1]]), outside=-1)
    assert moved[0, 0].tolist() == [[-1, -1, -1, -1], [-1, 4, 3, 2]]
    moved = crop_and_flip(row, np.array([False]), np.array([[0, -2]]), outside=-1)
    assert moved[0, 0].tolist() == [[3, 4, -1, -1], [3, 4, -1, -1]]
    assert row[0, 0, 0].tolist() == [1, 2, 3, 4]


def test_each_image_of_a_batch_moves_by_itself() -> None:
    x = images(8)
    config = AugmentConfig(rotations=False, shift=2)
    together = augment(x, config, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    flips = rng.random(8) < 0.5
    shifts = rng.integers(-2, 3, size=(8, 2))
    assert 0 < flips.sum() < 8
    for i in range(8):
        alone = crop_and_flip(x[i, None], flips[i, None], shifts[i, None])
        assert torch.equal(together[i, None], alone)


def test_turns_of_images_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"expected augment.rotations = false for images"):
        augment(images(2), AugmentConfig(rotations=True), np.random.default_rng(0))


def test_nothing_allowed_nothing_done_to_images() -> None:
    x = images(4)
    moved = augment(x, NOTHING, np.random.default_rng(0))
    assert torch.equal(moved, x)
    assert moved.data_ptr() != x.data_ptr()


def test_masks_move_with_their_images() -> None:
    classes = torch.randint(5, (20, 6, 8), generator=torch.Generator().manual_seed(0))
    pictures = (classes + 1).float()[:, None].expand(20, 3, 6, 8)  # 1 to 5, so that 0 is outside
    config = AugmentConfig(rotations=False, shift=2)
    moved, masks = augment_with_masks(
        pictures, classes, config, np.random.default_rng(0), ignored=255
    )
    assert torch.equal(moved, augment(pictures, config, np.random.default_rng(0)))
    assert masks.shape == classes.shape
    assert masks.dtype == classes.dtype
    assert torch.equal(masks == 255, moved[:, 0] == 0)
    known = masks != 255
    assert torch.equal(masks[known] + 1, moved[:, 0].long()[known])
    assert not known.all()
