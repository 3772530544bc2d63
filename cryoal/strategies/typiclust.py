"""Ask for the most typical candidate of each part of the pool that has no label yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.clusters import k_means
from cryoal.strategies.key_order import BatchStrategy
from cryoal.strategies.points import blocks, points, squared_distances, unit
from cryoal.strategies.ties import falling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["TypiClust", "features"]

MAX_CLUSTERS = 500
MIN_CLUSTER = 5
NEIGHBOURS = 20
SAMPLE = 2000  # rows among which neighbours are looked for


class TypiClust(BatchStrategy):
    """One typical candidate from each of the largest uncovered clusters (Hacohen et al., 2022).

    All boxes, labelled ones too, are cut into labelled + M clusters, at most 500, by k-means of
    features of unit length: the embedding, or how a box looks before anything is learnt. Clusters
    with the fewest labelled boxes come first, of these the largest, and round again when M is more
    than there are; from each the candidate with the highest typicality, one over the mean distance
    to its 20 nearest neighbours in the cluster. The score is the typicality among up to 2,000
    candidates drawn from all.

    Notes
    -----
    The authors' code means squared distances (faiss returns these), the paper distances: this is
    the paper. It leaves out clusters of 5 and less; here they come last, so that there are always
    M. In a cluster of more than 2,000 neighbours are looked for among 2,000 drawn from it.
    Typicality is not computed again in the second round.
    """

    name = "typiclust"
    needs = frozenset({"embedding", "labelled_embedding"})
    cold_needs = frozenset({"appearance", "labelled_appearance"})

    @override
    def rate(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        rows, _ = features(evidence)
        everything = np.arange(len(rows))
        return _typicality(unit(rows), everything, rng)

    @override
    def choose(
        self,
        scores: NDArray[np.floating],
        evidence: Evidence,
        m: int,
        rng: np.random.Generator,
    ) -> NDArray[np.int64]:
        candidates, labelled = features(evidence)
        n = len(candidates)
        rows = np.concatenate([unit(candidates), unit(labelled)])
        k = min(len(labelled) + m, MAX_CLUSTERS, len(rows))
        label = k_means(rows, k, rng).label
        sizes = np.bincount(label, minlength=k)
        covered = np.bincount(label[n:], minlength=k)
        ranked = np.lexsort((-sizes, covered))  # the last key counts first; numbers are drawn
        by_cluster = np.split(
            np.argsort(label[:n], kind="stable"),
            np.cumsum(np.bincount(label[:n], minlength=k))[:-1],
        )
        large = [by_cluster[i] for i in ranked if sizes[i] > MIN_CLUSTER]
        small = [by_cluster[i] for i in ranked if sizes[i] <= MIN_CLUSTER]
        chosen = _in_turn([_most_typical(rows, members, rng) for members in large], m)
        if len(chosen) < m:
            more = _in_turn([_most_typical(rows, members, rng) for members in small], m)
            chosen = np.concatenate([chosen, more])[:m]
        return chosen


def features(
    evidence: Evidence,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of candidates and of what is labelled: embeddings, or appearances when that is all there is.

    What is labelled has no rows when there is nothing.
    """
    if "embedding" in evidence:
        return evidence.embedding, evidence.labelled_embedding
    looks = evidence.appearance
    known = evidence.labelled_appearance if "labelled_appearance" in evidence else looks[:0]
    return looks, known


def _typicality(
    rows: NDArray[np.float32], members: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """One over the mean distance to the nearest neighbours among `members`, for each of them."""
    sample = members
    if len(members) > SAMPLE:
        sample = np.sort(rng.choice(members, SAMPLE, replace=False))
    near = min(NEIGHBOURS, len(sample) - 1)
    if near < 1:
        return np.zeros(len(members))
    middle = rows[sample].mean(axis=0)  # distances of centred rows round less
    others = points(rows[sample] - middle)
    found = np.empty(len(members))
    for some in blocks(len(members), max(len(sample), rows.shape[1])):
        squared = squared_distances(points(rows[members[some]] - middle), others)
        squared[members[some][:, None] == sample[None, :]] = np.inf  # itself is no neighbour
        nearest = np.partition(squared, near - 1, axis=1)[:, :near]
        found[some] = np.sqrt(nearest, dtype=np.float64).mean(axis=1)
    return 1.0 / (found + 1e-5)


def _most_typical(
    rows: NDArray[np.float32], members: NDArray[np.int64], rng: np.random.Generator
) -> list[int]:
    if len(members) == 0:
        return []
    order = falling(_typicality(rows, members, rng), rng)
    return [int(row) for row in members[order]]


def _in_turn(waiting: list[list[int]], m: int) -> NDArray[np.int64]:
    """The first of each, then the second of each, until there are `m`."""
    longest = max((len(rows) for rows in waiting), default=0)
    chosen = [rows[turn] for turn in range(longest) for rows in waiting if turn < len(rows)]
    return np.array(chosen[:m], dtype=np.int64)
