"""What a part of a pool asks of its boxes, wherever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BoxWriter", "Boxes"]


class Boxes(Protocol):
    """Boxes of one size and dtype, to be read in any order."""

    @property
    def path(self) -> Path:
        """Where they are, for messages."""
        ...

    @property
    def box(self) -> int:
        """Edge in voxels."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """What :meth:`read_into` fills."""
        ...

    def __len__(self) -> int: ...

    def read_into(
        self, out: NDArray[Any], slots: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> None:
        """Read box ``rows[i]`` to ``out[slots[i]]``; any order, repeats allowed, at least one.

        `out` is C-contiguous ``(m, b, b, b)`` in the dtype of the boxes.

        Raises
        ------
        PoolError
            Something is missing or damaged.
        TomogramError
            A tomogram that boxes are cut from is not as it was.
        DamagedBoxError
            A box is not the one that was added.
        """
        ...


class BoxWriter(Protocol):
    """Takes the boxes of a part in order, and keeps them or what tells them from others."""

    path: Path

    def append(self, box: NDArray[Any]) -> None:
        """Take the next box, ``(b, b, b)``; PoolError where it cannot be written."""
        ...

    def finish(self) -> None:
        """Write what is left and wait for it; PoolError where it cannot be written."""
        ...
