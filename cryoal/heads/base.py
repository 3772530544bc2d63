"""What a head is: rows of numbers and their classes in, logits out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NEVER", "FittedHead", "Head", "log_softmax"]

NEVER = -1e4
"""The logit of a class that has no label: its posterior underflows to 0, and a floor lifts it."""


class FittedHead(ABC):
    """A head that has seen its labels."""

    @abstractmethod
    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """``(m, n_classes)``: log-posterior but for a constant a row; :data:`NEVER` if unseen."""


class Head(ABC):
    """A kind of classifier, in a few settings; it holds nothing that was learned."""

    name: ClassVar[str]
    settings: ClassVar[tuple[str, ...]]
    """What the fitted heads of :meth:`fit` differ by, in words."""

    @abstractmethod
    def fit(
        self,
        rows: NDArray[np.float32],
        classes: NDArray[np.int64],
        n_classes: int,
        weights: NDArray[np.float64] | None = None,
    ) -> list[FittedHead]:
        """What `rows`, ``(n, features)``, of `classes`, ``(n,)``, teach: once for each setting.

        Features come standardised over the pool, divided by the root of their block's number of
        columns. Any n >= 1 is fitted: with one class among the labels every row belongs to it.
        `weights`, ``(n,)`` and positive, say how much each row counts; 1 without.
        """


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-posterior of each row of `logits`, ``(m, n_classes)``, in double precision."""
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)
    wide -= np.log(np.exp(wide).sum(axis=1, keepdims=True))
    return wide
