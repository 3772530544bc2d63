"""Rows of numbers as points in a plane: t-SNE by openTSNE, the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.maps.one_thread import one_thread
from cryoal.progress import SILENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.progress import Progress

__all__ = ["to_plane"]

NEIGHBOURS = 15
"""Boxes that attract each box; all as much as each other (`Böhm et al., 2022
<https://jmlr.org/papers/v23/21-0055.html>`_)."""
FEWEST = 30
"""Different rows below which there is nothing to arrange: they lie along their components."""
ROUNDS, AT_ONCE = 750, 50
EARLY, EXAGGERATION = 250, 12.0
"""Rounds at the beginning in which neighbours attract each other so much more."""
GRID: dict[str, float] = {"n_interpolation_points": 2, "ints_in_interval": 2}
"""Of the interpolation of what pushes boxes apart: half as fine as openTSNE's own."""
MANY = 2000
"""Boxes from which on a grid is quicker than a tree (Barnes and Hut)."""
START = 1e-4


def to_plane(
    rows: NDArray[np.float32], *, seed: int, progress: Progress = SILENT
) -> NDArray[np.float32]:
    """Where each of `rows`, ``(n, width)``, lies: ``(n, 2)`` x and y in 0 .. 1.

    Both axes have one scale: the longer one is filled, the other lies in its middle. Equal rows are
    at one place. Components should come first, the largest before the others
    (:class:`~cryoal.maps.principal.Principal`): the first two are the start. The same rows and seed
    give the same bits, however many processors there are: openTSNE's neighbours depend on the
    number of its threads, so there is one.
    """
    if not len(rows):
        return np.empty((0, 2), np.float32)
    different, place = np.unique(rows, axis=0, return_inverse=True)
    found = different[:, :2].astype(np.float64)
    if found.shape[1] < 2:
        found = np.column_stack([found, np.zeros((len(found), 2 - found.shape[1]))])
    if len(different) >= FEWEST:
        with one_thread():
            found = _arranged(different, found, seed, progress)
    points: NDArray[np.float32] = _to_square(found)[place.reshape(-1)]
    return points


def _arranged(
    rows: NDArray[np.float32], start: NDArray[np.float64], seed: int, progress: Progress
) -> NDArray[np.float64]:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import Uniform

    progress.say(f"looking for the neighbours of {len(rows)} boxes")
    near = Uniform(
        rows,
        k_neighbors=min(NEIGHBOURS, (len(rows) - 1) // 2),
        method="annoy",
        n_jobs=1,
        random_state=seed,
    )
    points = TSNEEmbedding(
        START * start / start[:, 0].std(),
        near,
        negative_gradient_method="fft" if len(rows) >= MANY else "bh",
        n_jobs=1,
        random_state=seed,
        **GRID,
    )
    steps = range(0, ROUNDS, AT_ONCE)
    for done in progress.track(steps, "arranging boxes", unit=f"times {AT_ONCE} rounds"):
        points.optimize(
            n_iter=AT_ONCE,
            exaggeration=EXAGGERATION if done < EARLY else None,
            momentum=0.8,
            learning_rate="auto",
            inplace=True,
        )
    found: NDArray[np.float64] = np.asarray(points, dtype=np.float64)
    return found


def _to_square(points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Into 0 .. 1, both axes by one scale."""
    low, high = points.min(axis=0), points.max(axis=0)
    edge = float((high - low).max())
    if edge <= 0:
        return np.full(points.shape, 0.5, np.float32)
    found: NDArray[np.float64] = np.clip((points - (low + high) / 2) / edge + 0.5, 0.0, 1.0)
    return found.astype(np.float32)
