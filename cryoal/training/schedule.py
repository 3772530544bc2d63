"""In which order the boxes are seen, and at which rate is learned from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.config import TrainConfig

__all__ = ["batches", "learning_rate"]


def learning_rate(train: TrainConfig, epoch: int) -> float:
    """The rate in `epoch`, counted from 0: lowered in steps after the shares ``train.decay_at``."""
    steps = sum(epoch >= share * train.epochs - 1e-9 for share in train.decay_at)
    return train.learning_rate * train.decay**steps


def batches(n: int, batch_size: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """All rows of a set of `n` in random order, in batches of nearly equal size.

    Never one row alone, of which batch norm could learn nothing: 17 rows by 16 are 9 + 8.
    """
    count = max(1, min(-(-n // batch_size), n // 2))
    return np.array_split(rng.permutation(n), count)
