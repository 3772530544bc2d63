"""k-means without scikit-learn: seeded, in single precision, a block of rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.strategies.points import Points, blocks, points
from cryoal.strategies.seeding import Euclidean, plus_plus

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Clusters", "k_means"]

TOLERANCE = 1e-4  # of the mean variance of the features, as in scikit-learn


class Clusters(NamedTuple):
    """Where each row belongs."""

    label: NDArray[np.int64]
    """``(n,)``: the cluster of each row; clusters may be empty when rows are equal."""
    center: NDArray[np.float32]
    """``(k, features)``."""
    squared: NDArray[np.float32]
    """``(n,)``: the squared distance of each row from the center of its cluster."""


def k_means(
    rows: NDArray[np.float32], k: int, rng: np.random.Generator, *, iterations: int = 25
) -> Clusters:
    """`k` clusters of ``(n, features)``: k-means++ and at most `iterations` of Lloyd's.

    It stops when the centers move less than :data:`TOLERANCE`. Memory beside `rows`: a copy of
    them, and blocks. An empty cluster keeps its center.

    Raises
    ------
    ValueError
        `k` is not in 1 .. n.
    """
    if not 1 <= k <= len(rows):
        raise ValueError(f"expected 1 .. {len(rows)} clusters, found {k}")
    mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    here = points(rows - mean)  # distances of centred rows round less
    variance = float(here.norms.mean(dtype=np.float64)) / rows.shape[1]
    seeds = plus_plus(Euclidean(here), k, rng, int(rng.integers(len(rows))))
    center = points(here.rows[seeds])
    label, squared = _assign(here, center)
    for _ in range(iterations):
        moved = points(_means(here, label, center.rows))
        shift = float(np.square(moved.rows - center.rows, dtype=np.float64).sum())
        if shift == 0.0:
            break
        center = moved
        label, squared = _assign(here, center)
        if shift <= TOLERANCE * variance:
            break
    return Clusters(label, center.rows + mean, squared)


def _assign(here: Points, center: Points) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    label = np.empty(len(here.norms), dtype=np.int64)
    squared = np.empty(len(here.norms), dtype=np.float32)
    half = 0.5 * center.norms
    for rows in blocks(len(label), len(half)):
        far = here.rows[rows] @ center.rows.T
        np.subtract(half, far, out=far)  # half the squared distance, less what is the row's own
        label[rows] = far.argmin(axis=1)
        squared[rows] = here.norms[rows] + 2.0 * far.min(axis=1)
    return label, np.maximum(squared, 0.0)


def _means(
    here: Points, label: NDArray[np.int64], center: NDArray[np.float32]
) -> NDArray[np.float32]:
    count = np.bincount(label, minlength=len(center))
    order = np.argsort(label, kind="stable")
    means = center.astype(np.float64)
    for cluster, end in enumerate(np.cumsum(count)):
        if count[cluster]:  # an empty one stays where it is
            members = order[end - count[cluster] : end]
            means[cluster] = sum(
                here.rows[members[some]].sum(axis=0) for some in blocks(len(members), 512)
            )
            means[cluster] /= count[cluster]
    return means.astype(np.float32)
