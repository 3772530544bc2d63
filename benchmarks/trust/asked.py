"""What the default loop asks: TypiClust in the encoder's embedding, then the smallest margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.few_labels.answers import by_heads
from benchmarks.few_labels.draws import typical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes

__all__ = ["asked_by_default", "smallest_margin"]


def asked_by_default(
    given: LabelledBoxes,
    blocks: Mapping[str, NDArray[np.float32]],
    pool: NDArray[np.int64],
    each: int,
    queries: int,
    seed: int,
) -> NDArray[np.int64]:
    """Rows of the pool in the order of asking, `each` in every query, all answered rightly."""
    labelled = typical(blocks["pretrained"], pool, each, seed, 0)
    for _ in range(queries - 1):
        rest = np.setdiff1d(pool, labelled)
        k = len(given.classes)
        told = by_heads(blocks, given.label, k, labelled, pool, rest, seed, together=True)
        labelled = np.concatenate([labelled, smallest_margin(told, rest, each)])
    return labelled


def smallest_margin(
    posterior: NDArray[np.floating], rest: NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """Those `n` of the rows `rest` between whose two likeliest classes least is decided."""
    ranked = np.sort(posterior, axis=1)
    margin = ranked[:, -1] - ranked[:, -2]
    return rest[np.argsort(margin, kind="stable")[:n]]
