"""How like some examples each box is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["likeness"]

NEAREST = 10
"""Boxes that come to the examples' help: a single noisy box says little of what it is."""
ONE_IN = 20
"""No more than one in so many boxes help, lest they be of another kind in a small pool."""


def likeness(
    directions: NDArray[np.float32],
    examples: NDArray[np.float32],
    *,
    nearest: int | None = None,
) -> NDArray[np.float32]:
    """``(n,)``, in [-1, 1]: the cosine of each box with the examples, the mean over the views.

    Twice: the nearest boxes of the first time count as much as all examples together in the second
    (average query expansion; Chum et al., 2007).

    Parameters
    ----------
    directions
        ``(n, width)`` of the boxes that are ranked (:class:`cryoal.novelty.directions.Directions`);
        examples need not be among them.
    examples
        ``(k, width)`` of the examples.
    nearest
        How many boxes count beside the examples; by default 10, in small pools one in 20.
    """
    wanted = examples.mean(axis=0)
    first = directions @ wanted
    if nearest is None:
        nearest = min(NEAREST, len(directions) // ONE_IN)
    near = np.argsort(-first, kind="stable")[:nearest]
    if len(near):
        wanted = 0.5 * (wanted + directions[near].mean(axis=0))
    length = float(np.sqrt(wanted @ wanted))
    return np.asarray(directions @ (wanted / max(length, 1e-12)), dtype=np.float32)
