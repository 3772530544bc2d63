"""What the mean of the chosen heads says of rows that neither they nor the choice saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.heads.judge import Judged, Labelled, near_the_best

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["mean_held_out"]


def mean_held_out(judged: list[Judged], labelled: Labelled) -> NDArray[np.float64]:
    """``(n, n_classes)`` mean logits of each labelled row.

    For the rows of a fold it is the mean of those that are near the best on the other folds, by
    heads that did not see that fold either. If the same rows had a say in the choice, labels that
    mean nothing would seem to mean something.
    """
    fold = labelled.fold
    assert fold is not None
    mean = np.zeros((len(fold), labelled.n_classes))
    for k in range(int(fold.max()) + 1):
        out = fold == k
        near = near_the_best([one.right_without[k, ~out] for one in judged])  # type: ignore[index]
        for at in near:
            logits = judged[at].held_out
            assert logits is not None
            mean[out] += logits[out] / len(near)
    return mean
