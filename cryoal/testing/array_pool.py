"""A pool in memory, for tests and for trying things out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["ArrayPool", "blob_pool"]


class ArrayPool:
    """Normalised boxes that are in memory already, with what learning asks of a pool.

    Parameters
    ----------
    boxes
        ``(n, d, h, w)``: background 0, noise about 1, particles positive.
    keys
        Their names; default ``"array/000000"`` and so on.
    """

    def __init__(self, boxes: NDArray[np.floating], keys: Sequence[str] | None = None) -> None:
        self._boxes = np.ascontiguousarray(boxes, dtype=np.float32)
        if keys is None:
            keys = [f"array/{number:06d}" for number in range(len(boxes))]
        if len(set(keys)) != len(boxes):
            raise ValueError(f"expected {len(boxes)} different keys, found {len(set(keys))}")
        self.keys: NDArray[np.object_] = np.array(keys, dtype=object)

    def __len__(self) -> int:
        return len(self._boxes)

    def read_normalised(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """Boxes ``(m, d, h, w)`` float32, in the order of `index`."""
        return self._boxes[index]


def blob_pool(
    n: int, box: int = 8, n_classes: int = 2, *, seed: int = 0, contrast: float = 4.0
) -> tuple[ArrayPool, NDArray[np.int64]]:
    """A pool of noise with a ball in each box, and the class of each: the radius of its ball.

    Class 0 has no ball. Easy to learn: a network of four channels tells two classes in seconds.
    """
    rng = np.random.default_rng(seed)
    targets = rng.integers(n_classes, size=n)
    radius = targets * (box / 2 - 1) / max(1, n_classes - 1)
    axis = np.arange(box) - box // 2
    distance = np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2)
    ball = distance[None] < radius[:, None, None, None]
    boxes = rng.standard_normal((n, box, box, box)) + contrast * ball
    return ArrayPool(boxes), targets.astype(np.int64)
