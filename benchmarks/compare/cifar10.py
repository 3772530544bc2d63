"""``python -m benchmarks.compare.cifar10 MOSAICS OUT.npz``: a part of CIFAR-10 for a study.

MOSAICS is a folder with ``train_00.jpg ... train_19.jpg`` and ``test_00.jpg ... test_03.jpg``, each
50 x 50 images of 32 x 32 pixels, and ``labels.npz`` with their classes in the same order.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image


def read(folder: Path, part: str, n: int, side: int) -> np.ndarray:
    """The first `n` images of a part, ``(n, side, side, 3)`` uint8, averaged from 32 x 32."""
    found: list[np.ndarray] = []
    for path in sorted(folder.glob(f"{part}_*.jpg")):
        mosaic = np.asarray(Image.open(path)).reshape(50, 32, 50, 32, 3)
        found.append(mosaic.transpose(0, 2, 1, 3, 4).reshape(2500, 32, 32, 3))
        if 2500 * len(found) >= n:
            break
    images = np.concatenate(found)[:n]
    blocks = images.reshape(n, side, 32 // side, side, 32 // side, 3)
    return blocks.mean(axis=(2, 4)).round().astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mosaics", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--train", type=int, default=50_000, help="training images, the first ones")
    parser.add_argument("--test", type=int, default=10_000, help="test images, the first ones")
    parser.add_argument("--side", type=int, default=32, choices=(8, 16, 32), help="of an image")
    arguments = parser.parse_args()
    labels = np.load(arguments.mosaics / "labels.npz")
    np.savez(
        arguments.out,
        images=read(arguments.mosaics, "train", arguments.train, arguments.side),
        labels=labels["train_label"][: arguments.train],
        test_images=read(arguments.mosaics, "test", arguments.test, arguments.side),
        test_labels=labels["test_label"][: arguments.test],
        classes=labels["classes"],
    )


if __name__ == "__main__":
    main()
