"""Mahalanobis distances with few rows for many columns, and ranks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.heads.discriminant import variance_within

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ranks", "relative_distance", "squared_distance_to_all"]

WITHIN, WHOLE = 0.5, 0.1
"""Shrinkage to the diagonal of the covariance within classes, which tens of labels tell, and of
that of the pool, which hundreds of rows tell."""
_LEAST = 1e-9


def relative_distance(
    rows: NDArray[np.float32], place: NDArray[np.int64], others: NDArray[np.float32]
) -> NDArray[np.float64]:
    """``(m,)``: of `others` to the nearest class of `rows`, less that to all of them, squared.

    What is far from everything, as noise is in many dimensions, is not far from the classes alone
    (Ren et al., 2021). `place` is the class of each of `rows`, in 0 .. k - 1, all of them there.
    """
    count = np.bincount(place)
    means = np.zeros((len(count), rows.shape[1]))
    np.add.at(means, place, rows.astype(np.float64))
    means /= count[:, None]
    residuals = rows - means[place]
    freedom = len(rows) - len(count)
    deviation = np.sqrt(variance_within(residuals, means - means.mean(axis=0), freedom))
    matrix = _whitening(residuals / deviation, max(freedom, 1), WITHIN) / deviation[:, None]
    seen, centres = others @ matrix, means @ matrix
    to_class = np.stack([np.square(seen - centre).sum(axis=1) for centre in centres])
    found: NDArray[np.float64] = to_class.min(axis=0) - squared_distance_to_all(others)
    return found


def squared_distance_to_all(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """``(m,)``: of each of `rows` to the Gaussian of all of them."""
    centred = rows - rows.mean(axis=0, dtype=np.float64)
    centred /= np.sqrt(np.maximum(np.square(centred).mean(axis=0), _LEAST))
    found: NDArray[np.float64] = np.square(centred @ _whitening(centred, len(rows), WHOLE)).sum(
        axis=1
    )
    return found


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each, in (0, 1]; the highest is 1."""
    out = np.empty(len(values))
    out[np.argsort(values, kind="stable")] = np.arange(1, len(values) + 1) / len(values)
    return out


def _whitening(scaled: NDArray[np.float64], freedom: int, shrinkage: float) -> NDArray[np.float64]:
    """What rows are multiplied by from the right, so that squares add to a Mahalanobis distance."""
    correlation = (1.0 - shrinkage) * (scaled.T @ scaled) / freedom
    correlation[np.diag_indices(len(correlation))] += shrinkage
    return np.asarray(np.linalg.inv(np.linalg.cholesky(correlation)).T, dtype=np.float64)
