"""What everything above the pool asks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BoxSource"]


class BoxSource(Protocol):
    """What learning asks of a pool.

    A source of images has an attribute `channels` besides, and gives ``(m, channels, h, w)``.
    """

    @property
    def keys(self) -> NDArray[Any]:
        """Names of the boxes, in pool order."""
        ...

    def __len__(self) -> int: ...

    def read_normalised(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """Boxes ``(m, d, h, w)`` in the order of `index`, background 0, noise about 1."""
        ...
