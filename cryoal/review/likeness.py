"""Boxes in an order in which those that look alike are beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.kept import DESCRIPTORS
from cryoal.descriptors.columns import rows_there

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign

__all__ = ["loneliness", "looks", "path"]

BEST_FIRST = ("pretrained", "wavelets", "shells")
"""Numbers of all boxes that a campaign may have (:mod:`cryoal.campaign.described`): by how many
neighbours in such an order are of one class, 89, 87 and 79 of 100 on a microtubule (docs/log.md).
"""
AT_ONCE = 1 << 22  # voxels: 16 MB
NEAREST = 3  # of how many others a box is the like; of a single one any chance pair would be
MOST_AT_ONCE = 1000  # boxes of one path: 8 MB of distances, 0.15 s
MOST_SWEEPS = 30  # 5 to 10 are needed


def looks(campaign: Campaign, rows: Sequence[int]) -> NDArray[np.float32]:
    """``(m, features)`` of the boxes at `rows`: near each other where they look alike.

    The embedding of the encoder that has learnt from the pool or what else the campaign knows of
    all of them; what :func:`~cryoal.descriptors.appearance.appearance` tells otherwise. Nothing is
    loaded for it.
    """
    from cryoal.descriptors.appearance import appearance

    pool, index = campaign.pool, np.array(rows, np.int64)
    for name in BEST_FIRST:
        found = rows_there(campaign.path / DESCRIPTORS, pool, name, index)
        if found is not None:
            return found
    n_parts = max(1, -(-len(index) * pool.box**3 // AT_ONCE))
    parts = np.array_split(index, min(n_parts, max(1, len(index))))
    return np.concatenate([appearance(pool.read_normalised(part)) for part in parts])


def path(points: NDArray[np.float32]) -> list[int]:
    """An order of ``(m, features)`` with short steps, which begins far from everything else.

    Each time the nearest that is left, and then pieces are turned around as long as that makes it
    shorter (2-opt; Croes, 1958). More than :data:`MOST_AT_ONCE` are first cut into pieces along the
    axis on which they differ most.
    """
    n = len(points)
    if n <= MOST_AT_ONCE:
        return [int(i) for i in _path(_distances(points))]
    along = _along_the_longest_axis(points)
    pieces = np.array_split(along, -(-n // MOST_AT_ONCE))
    return [int(i) for piece in pieces for i in piece[_path(_distances(points[piece]))]]


def loneliness(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """``(m,)``: the mean distance of each of ``(m, features)`` from those that are most like it."""
    n_nearest = min(NEAREST, len(points) - 1)
    found = np.zeros(len(points))
    for piece in np.array_split(np.arange(len(points)), -(-len(points) // MOST_AT_ONCE)):
        away = _distances(points[piece], points)
        away[np.arange(len(piece)), piece] = np.inf
        found[piece] = np.sort(away, axis=1)[:, :n_nearest].sum(axis=1) / max(n_nearest, 1)
    return found


def _path(away: NDArray[np.float64]) -> NDArray[np.int64]:
    n = len(away)
    order, is_left = np.empty(n, np.int64), np.ones(n, np.bool_)
    here = int(away.sum(axis=1).argmax())
    for place in range(n):
        order[place], is_left[here] = here, False
        here = int(np.where(is_left, away[here], np.inf).argmin())
    for _ in range(MOST_SWEEPS):
        if not sum(_turned(order, away, first) for first in range(n - 1)):
            break
    return order


def _turned(order: NDArray[np.int64], away: NDArray[np.float64], first: int) -> bool:
    """Turn the piece from `first` to where that saves most; whether anything does."""
    ends = order[first + 1 :]  # the last of the piece, whichever it is
    after = away[order[first], ends[1:]] - away[ends[:-1], ends[1:]]
    saved = -np.append(after, 0.0)  # nothing follows the last
    if first:
        before = order[first - 1]
        saved += away[before, order[first]] - away[before, ends]
    last = int(saved.argmax())
    if saved[last] <= 1e-9 * away[order[first], ends[last]]:
        return False
    piece = slice(first, first + last + 2)
    order[piece] = order[piece][::-1].copy()
    return True


def _distances(
    points: NDArray[np.float32], others: NDArray[np.float32] | None = None
) -> NDArray[np.float64]:
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    there = centred
    if others is not None:
        there = others.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    squared = (centred**2).sum(axis=1)[:, None] + (there**2).sum(axis=1) - 2 * centred @ there.T
    found: NDArray[np.float64] = np.sqrt(np.maximum(squared, 0.0))
    return found


def _along_the_longest_axis(points: NDArray[np.float32]) -> NDArray[np.int64]:
    centred = points - points.mean(axis=0)
    _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    return np.argsort(centred @ axes[:, -1], kind="stable")
