from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from cryoal.config import make_config
from cryoal.data.datasets.masks import Frames, segmentation
from cryoal.errors import ConfigError
from cryoal.testing.array_pool import blob_pool
from cryoal.training.checkpoint import start_team
from cryoal.training.fit import fit_team
from cryoal.training.squares import random_squares

CPU = torch.device("cpu")
SIDE = 16
PARTS = [np.array([3, 0]), np.array([4, 1, 2])]
CLASSES = ("even", "odd")


def stripes(number: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """A frame of 20 x 40 pixels: red is the column, blue the row, green the number.

    The class of a pixel is whether its column is odd.
    """
    image = np.zeros((20, 40, 3), np.uint8)
    image[..., 0] = np.arange(40)
    image[..., 1] = number
    image[..., 2] = np.arange(20)[:, None]
    return image, (image[..., 0] % 2).astype(np.int8)


def frames() -> Frames:
    source = segmentation(stripes, 4, 1, SIDE, CLASSES).source
    assert isinstance(source, Frames)
    return source


def colours(source: Frames, pixels: torch.Tensor) -> np.ndarray:  # type: ignore[type-arg]
    """``(channels, h, w)`` as the bytes that they were."""
    mean, deviation = source.mean[:, None, None], source.deviation[:, None, None]
    return np.rint((pixels.numpy() * deviation + mean) * 255).astype(int)


def test_masks_go_with_their_images_and_frames_come_in_order() -> None:
    source = frames()
    found = list(random_squares(source, PARTS, np.random.default_rng(0), CPU))
    assert [tuple(images.shape) for images, _ in found] == [(2, 3, 16, 16), (3, 3, 16, 16)]
    for part, (images, masks) in zip(PARTS, found, strict=True):
        assert masks.dtype == torch.int64
        for number, pixels, mask in zip(part, images, masks, strict=True):
            red, green, _ = colours(source, pixels)
            assert set(green.ravel()) == {number}
            np.testing.assert_array_equal(red % 2, mask)


def test_squares_lie_all_over_the_frame() -> None:
    source = frames()
    parts = [np.zeros(8, np.int64)] * 60
    corners = set()
    for images, _ in random_squares(source, parts, np.random.default_rng(1), CPU):
        for pixels in images:
            red, _, blue = colours(source, pixels)
            corners.add((blue[0, 0], red[0, 0]))
    assert {top for top, _ in corners} == set(range(5))
    assert {left for _, left in corners} == set(range(25))


@pytest.mark.parametrize(("workers", "ahead"), [(1, 0), (3, 1), (8, 9)])
def test_how_many_work_and_how_far_ahead_changes_nothing(workers: int, ahead: int) -> None:
    source, rng = frames(), np.random.default_rng
    wanted = list(random_squares(source, PARTS, rng(5), CPU))
    found = list(random_squares(source, PARTS, rng(5), CPU, workers=workers, ahead=ahead))
    for a, b in zip(wanted, found, strict=True):
        assert torch.equal(a[0], b[0])
        assert torch.equal(a[1], b[1])


def test_no_more_is_decoded_ahead_than_was_said() -> None:
    asked, gate = [], threading.Lock()

    def counting(number: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
        with gate:
            asked.append(number)
        return stripes(number)

    whole = frames()
    source = Frames(whole.images, whole.mean, whole.deviation, counting)
    parts = [np.array([i % 5]) for i in range(50)]
    stream = random_squares(source, parts, np.random.default_rng(0), CPU, ahead=3)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert 1 <= len(asked) <= 4


def test_a_frame_that_cannot_be_read_comes_out_where_it_is_needed() -> None:
    def broken(number: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
        if number == 4:
            raise OSError("the disk is gone")
        return stripes(number)

    whole = frames()
    source = Frames(whole.images, whole.mean, whole.deviation, broken)
    stream = random_squares(source, PARTS, np.random.default_rng(0), CPU)
    next(stream)
    with pytest.raises(OSError, match="the disk is gone"):
        next(stream)


SETTINGS = (
    *("model.teacher=drn-d-22", "model.student=drn-d-14", "model.stem=imagenet"),
    *("model.channels=3", "model.width=2", "train.batch_size=2", "augment.mirror=false"),
    *("augment.rotations=false", "augment.shift=0"),
)


def losses(*settings: str) -> list[float]:
    data = segmentation(stripes, 4, 1, SIDE, CLASSES)
    config = make_config(CLASSES, "laptop", [*SETTINGS, *settings])
    team = start_team(config, frozenset(), seed=0, shape=data.shape)
    index = np.arange(4)
    history = fit_team(team, data.source, index, data.targets[index], config, seed=0, device=CPU)
    return [epoch["teacher_loss"] for epoch in history.epochs]


def test_training_sees_other_squares_in_every_epoch_and_the_same_with_the_same_seed() -> None:
    # nothing is learned, and each batch is all four frames: what changes is what is seen
    frozen = ("train.learning_rate=1e-12", "train.batch_size=4", "train.epochs=3")
    middles = losses(*frozen)
    assert max(middles) - min(middles) < 1e-5
    moving = losses(*frozen, "augment.recrop=true")
    assert max(moving) - min(moving) > 1e-4
    assert moving == losses(*frozen, "augment.recrop=true")


def test_what_has_no_frames_cannot_be_cut_anew() -> None:
    pool, classes = blob_pool(8)
    config = make_config(("a", "b"), "laptop", ["augment.recrop=true", "model.width=2"])
    team = start_team(config, frozenset(), seed=0)
    with pytest.raises(ConfigError, match=r"expected augment.recrop = false for what is not cut"):
        fit_team(team, pool, np.arange(4), classes[:4], config, seed=0, device=CPU)
