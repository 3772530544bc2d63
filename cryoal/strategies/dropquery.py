"""Ask where dropout flips the classifier's answer, one from each group of such candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.clusters import k_means
from cryoal.strategies.key_masks import kept
from cryoal.strategies.key_order import BatchStrategy
from cryoal.strategies.ties import falling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["DropQuery"]

BLOCK = 1 << 22  # masked numbers at a time: 16 MB in float32


class DropQuery(BatchStrategy):
    """Candidates whose class changes in most of three passes with dropout (Gupte et al., 2024).

    The score is the share of the passes, p = 0.75 before the last layer, in which the likeliest
    class is another than without dropout. Those above one half are cut into M clusters of their
    embeddings, and the candidate nearest to each center is asked. When they are fewer than M, the
    others with the highest scores fill up, equal scores in an order that is drawn.

    Notes
    -----
    Each candidate has masks of its own: a score depends on the candidate and its key, not on which
    others are there. Dropout is only for asking: the teacher learns without it.
    """

    name = "dropquery"
    needs = frozenset({"embedding", "head"})
    passes = 3
    rate_of_dropout = 0.75

    @override
    def rate(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        weight, bias = evidence.head
        draw, p, features = rng.bytes(16), self.rate_of_dropout, weight.shape[1]
        scores = np.empty(len(evidence))
        step = max(1, BLOCK // (self.passes * features))
        for begin in range(0, len(evidence), step):
            rows = slice(begin, begin + step)
            embedding = evidence.embedding[rows]
            masks = kept(evidence.keys[rows], (self.passes, features), p, draw)
            seen = np.where(masks, embedding[:, None] / np.float32(1.0 - p), np.float32(0.0))
            dropped = (seen.reshape(-1, features) @ weight.T + bias).argmax(axis=1)
            usual = (embedding @ weight.T + bias).argmax(axis=1)
            scores[rows] = (dropped.reshape(-1, self.passes) != usual[:, None]).mean(axis=1)
        return scores

    @override
    def choose(
        self,
        scores: NDArray[np.floating],
        evidence: Evidence,
        m: int,
        rng: np.random.Generator,
    ) -> NDArray[np.int64]:
        flipped = np.flatnonzero(scores > 0.5)
        if len(flipped) <= m:
            return falling(scores, rng)[:m]
        rows = evidence.embedding if len(flipped) == len(scores) else evidence.embedding[flipped]
        return flipped[_nearest_to_centers(rows, m, rng)]


def _nearest_to_centers(
    rows: NDArray[np.float32], k: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """One row of each of `k` clusters, and where copies leave clusters empty the next nearest."""
    clusters = k_means(rows, k, rng)
    drawn = rng.permutation(len(rows))
    order = np.lexsort((drawn, clusters.squared, clusters.label))  # by cluster, nearest first
    _, begin = np.unique(clusters.label[order], return_index=True)
    first = np.zeros(len(rows), dtype=bool)
    first[order[begin]] = True
    others = np.flatnonzero(~first)
    rest = others[np.lexsort((drawn[others], clusters.squared[others]))]
    return np.concatenate([order[begin], rest])[:k]
