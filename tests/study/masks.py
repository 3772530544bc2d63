"""Small images of squares, and where the squares are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["MASKS", "squares", "write_masks"]

MASKS = """
name = "squares"
strategies = ["knowledge-transfer"]
seeds = [0]
start = 8
query = 4
cycles = 1
validation = 4
settings = [
    "model.teacher=drn-d-22", "model.student=drn-d-14", "model.stem=imagenet",
    "model.channels=3", "model.width=2", "augment.rotations=false", "augment.shift=1",
    "train.epochs=1", "train.batch_size=8",
]

[data]
kind = "images"
path = "images.npz"
"""


def squares(
    n: int, side: int, seed: int, edge: int = 8
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Noise with a red (1) or a green (2) square in it, and masks whose first row is ignored."""
    rng = np.random.default_rng(seed)
    images = rng.normal(100, 20, size=(n, side, side, 3))
    masks = np.zeros((n, side, side), np.uint8)
    for image, mask in zip(images, masks, strict=True):
        y, x = rng.integers(side - edge, size=2)
        colour = int(rng.integers(1, 3))
        image[y : y + edge, x : x + edge, colour - 1] += 120
        mask[y : y + edge, x : x + edge] = colour
    masks[:, 0] = 255
    return images.clip(0, 255).astype(np.uint8), masks


def write_masks(folder: Path, text: str = MASKS, n: int = 30, side: int = 16) -> Path:
    """The study and its images in `folder`; one image has no pixel that counts."""
    images, masks = squares(n, side, 0)
    masks[3] = 255
    tests = squares(8, side, 1)
    np.savez(
        folder / "images.npz",
        images=images,
        labels=masks,
        test_images=tests[0],
        test_labels=tests[1],
        classes=np.array(["ground", "red", "green"]),
    )
    (folder / "study.toml").write_text(text)
    return folder / "study.toml"
