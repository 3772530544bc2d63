"""A linear map from rows to logits, and the mean of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.heads.base import NEVER, FittedHead

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Linear", "one_class"]


class Linear(FittedHead):
    """``rows @ weight.T + bias``."""

    def __init__(self, weight: NDArray[np.floating], bias: NDArray[np.floating]) -> None:
        self.weight = weight.astype(np.float32)
        """``(n_classes, features)``."""
        self.bias = bias.astype(np.float32)
        """``(n_classes,)``."""

    @property
    def is_sound(self) -> bool:
        """Whether it is numbers alone: one that diverged is left out of every mean."""
        return bool(np.isfinite(self.weight).all() and np.isfinite(self.bias).all())

    @override
    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        return rows @ self.weight.T + self.bias


def one_class(classes: NDArray[np.int64], n_classes: int, features: int) -> Linear:
    """Every row belongs to the classes that are there, each alike."""
    bias = np.full(n_classes, NEVER)
    bias[classes] = 0.0
    return Linear(np.zeros((n_classes, features)), bias)
