"""Changes of a box that leave its class, and the shape of its missing wedge, as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.errors import ConfigError
from cryoal.feed.moves import allowed_moves, apply_moves

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.config import AugmentConfig

__all__ = ["augment", "augment_with_masks", "crop_and_flip"]


WHOLE = slice(None)


def augment(
    boxes: Tensor,
    config: AugmentConfig,
    rng: np.random.Generator,
    *,
    whole: int | None = None,
    part: slice = WHOLE,
) -> Tensor:
    """A copy of `boxes`, each one turned, mirrored and shifted at random.

    Boxes ``(n, c, d, h, w)`` take half turns, the inversion, and shifts that repeat the edge.
    Images ``(n, c, h, w)`` are mirrored left to right alone, and shifted as the crops of an image
    with a border of ``config.shift`` zeros are, which is the custom for CIFAR (with 4). Images are
    normalised, so that 0 is their mean colour; the border is black where images are padded first.
    Where `boxes` are a `part` of a batch of `whole`, they move as they do in it.

    Raises
    ------
    ConfigError
        ``config.rotations`` for images: which turns keep a class, if any, depends on what they show
        (a 6 is not a 9).
    """
    if boxes.ndim == 4:
        return crop_and_flip(boxes, *_draw_images(whole or len(boxes), config, rng, part))
    signs = allowed_moves(config)
    n = whole or len(boxes)
    chosen = signs[rng.integers(len(signs), size=n)]
    shifts = rng.integers(-config.shift, config.shift, size=(n, 3), endpoint=True)
    return apply_moves(boxes, chosen[part], shifts[part])


def augment_with_masks(
    images: Tensor,
    masks: Tensor,
    config: AugmentConfig,
    rng: np.random.Generator,
    *,
    ignored: int,
    whole: int | None = None,
    part: slice = WHOLE,
) -> tuple[Tensor, Tensor]:
    """Images ``(n, c, h, w)`` as :func:`augment` gives them, and their masks moved along.

    `masks` ``(n, h, w)`` hold the class of each pixel; pixels from outside are `ignored`.
    """
    moves = _draw_images(whole or len(images), config, rng, part)
    moved = crop_and_flip(masks[:, None], *moves, outside=ignored)[:, 0]
    return crop_and_flip(images, *moves), moved


def crop_and_flip(
    images: Tensor, flips: NDArray[np.bool_], shifts: NDArray[np.int64], outside: float = 0
) -> Tensor:
    """Each image of ``(n, c, h, w)`` reversed along x where `flips`, then shifted.

    `shifts` ``(n, 2)`` are pixels along y and x. Pixels from outside are `outside`.
    """
    height, width = images.shape[2:]
    y = np.arange(height) - shifts[:, :1]
    x = np.arange(width) - shifts[:, 1:]
    inside = ((y >= 0) & (y < height))[:, :, None] & ((x >= 0) & (x < width))[:, None, :]
    x = np.where(flips[:, None], width - 1 - x, x).clip(0, width - 1)
    y = y.clip(0, height - 1)
    which, rows, columns, known = (
        torch.from_numpy(a).to(images.device)
        for a in (np.arange(len(images))[:, None, None], y[:, :, None], x[:, None, :], inside)
    )
    moved = images.movedim(1, -1)[which, rows, columns].movedim(-1, 1)  # (n, c, h, w)
    return moved.contiguous().masked_fill_(~known[:, None], outside)


def _draw_images(
    n: int, config: AugmentConfig, rng: np.random.Generator, part: slice
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    if config.rotations:
        raise ConfigError(
            "expected augment.rotations = false for images (they are half turns of boxes),"
            " found true"
        )
    flips = rng.random(n) < 0.5 if config.mirror else np.zeros(n, dtype=bool)
    shifts = rng.integers(-config.shift, config.shift, size=(n, 2), endpoint=True)
    return flips[part], shifts[part]
