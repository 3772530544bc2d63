"""Which boxes are labelled: nested random draws, the same for every method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.seeds import stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["at_random"]


def at_random(pool: NDArray[np.int64], n: int, seed: int, fold: int) -> NDArray[np.int64]:
    """`n` rows of the pool; with a larger `n` the same and more."""
    return stream(seed, "few labels", fold).permutation(pool)[:n]
