"""What can be told of novelty before anything is labelled, and a varied choice of the novel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.heads.block_sets import views
from cryoal.heads.standardise import SideBySide
from cryoal.novelty.distances import ranks, squared_distance_to_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["AMONG", "outlying", "spread_out"]

AMONG = 4
"""Times as many of the most novel as are wanted, among which those unlike each other are taken."""


def outlying(
    blocks: Mapping[str, NDArray[np.floating]],
    mean_std: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]],
) -> NDArray[np.float64]:
    """``(n,)``, in (0, 1]: how far boxes are from the pool's Gaussian, ranked, mean over views."""
    side_by_side = SideBySide(mean_std)
    rows = side_by_side(blocks)
    columns = [side_by_side.columns(view) for view in views(side_by_side.names)]
    found: NDArray[np.float64] = np.mean(
        [ranks(squared_distance_to_all(rows[:, some])) for some in columns], axis=0
    )
    return found


def spread_out(
    directions: NDArray[np.float32], novelty: NDArray[np.floating], n: int
) -> NDArray[np.int64]:
    """Rows of `n` boxes: the most novel, then those least like any that was taken before.

    Among the 4 n most novel, by the cosine of `directions`, ``(m, width)``
    (:class:`cryoal.novelty.directions.Directions`).
    """
    top = np.argsort(-novelty, kind="stable")[: AMONG * n]
    chosen = [0]
    nearest = directions[top] @ directions[top[0]]
    while len(chosen) < min(n, len(top)):
        nearest[chosen] = np.inf
        chosen.append(int(nearest.argmin()))
        np.maximum(nearest, directions[top] @ directions[top[chosen[-1]]], out=nearest)
    return np.asarray(top[chosen[:n]], dtype=np.int64)
