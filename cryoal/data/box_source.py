"""What everything above the pool asks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BoxSource", "FrameSource"]


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


@runtime_checkable
class FrameSource(BoxSource, Protocol):
    """A source of images that are the middle squares of larger frames, and can be others.

    What may be labelled is the frame: the classes of all its pixels are known together.
    """

    def read_square(
        self, number: int, place: tuple[float, float]
    ) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """Another square of frame `number`, and the class of each of its pixels.

        Parameters
        ----------
        place
            How far down and to the right it lies, of what there is to go: 0 to below 1.

        Returns
        -------
        tuple of arrays
            ``(channels, h, w)`` as :meth:`read_normalised` gives it, and ``(h, w)``; -1 for pixels
            that do not count.
        """
        ...
