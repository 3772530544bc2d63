"""Which boxes are labelled: nested random draws, or a first query by TypiClust."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.scoring.evidence import Evidence
from cryoal.seeds import stream
from cryoal.strategies.typiclust import TypiClust

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["at_random", "typical"]


def at_random(pool: NDArray[np.int64], n: int, seed: int, fold: int) -> NDArray[np.int64]:
    """`n` rows of the pool; with a larger `n` the same and more."""
    return stream(seed, "few labels", fold).permutation(pool)[:n]


def typical(
    looks: NDArray[np.float32], pool: NDArray[np.int64], n: int, seed: int, fold: int
) -> NDArray[np.int64]:
    """`n` rows of the pool that TypiClust asks first, seeing the rows `looks` of all boxes."""
    keys = [str(row) for row in pool]
    evidence = Evidence(keys, {"appearance": looks[pool]})
    rng = stream(seed, "few labels", fold)
    chosen = TypiClust().choose(np.zeros(len(pool)), evidence, n, rng)
    return pool[chosen]
