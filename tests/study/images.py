"""Small images that a small network tells apart in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["STUDY", "write_images", "write_study"]

STUDY = """
name = "squares"
strategies = ["random", "margin", "knowledge-transfer"]
seeds = [0, 1]
start = 12
query = 6
cycles = 2
validation = 10
gradients = true
settings = [
    "model.teacher=resnet10-2d", "model.student=resnet10-2d", "model.stem=cifar",
    "model.channels=3", "model.width=2", "augment.rotations=false", "train.epochs=3",
]

[data]
kind = "images"
path = "images.npz"
"""


def write_images(path: Path, n: int = 90, side: int = 8, seed: int = 0) -> None:
    """Three classes: no square, a red one, a green one, somewhere in noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=2 * n)
    images = rng.normal(100, 20, size=(2 * n, side, side, 3))
    for image, label in zip(images, labels, strict=True):
        y, x = rng.integers(side - 4, size=2)
        if label:
            image[y : y + 4, x : x + 4, label - 1] += 120
    images = images.clip(0, 255).astype(np.uint8)
    np.savez(
        path,
        images=images[:n],
        labels=labels[:n],
        test_images=images[n:],
        test_labels=labels[n:],
        classes=np.array(["none", "red", "green"]),
    )


def write_study(folder: Path, text: str = STUDY) -> Path:
    """The study and its images in `folder`."""
    write_images(folder / "images.npz")
    (folder / "study.toml").write_text(text)
    return folder / "study.toml"
