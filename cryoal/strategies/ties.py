"""Equal values: which comes first is drawn, never told by a key or by a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["falling", "largest"]


def falling(values: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.int64]:
    """Places of `values`, the largest first, equal ones in an order that is drawn.

    Nothing is drawn where no two are equal: then what `rng` gives afterwards is as before.

    Examples
    --------
    >>> falling(np.array([0.5, 2.0, 1.0]), np.random.default_rng(0))
    array([1, 2, 0])
    """
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    if not (ranked[1:] == ranked[:-1]).any():
        return order
    drawn = rng.permutation(len(values))
    return np.lexsort((drawn, -values))


def largest(
    values: NDArray[np.floating], rng: np.random.Generator, *, rounding: float = 0.0
) -> int:
    """Place of the largest of `values`; among several it is drawn.

    Values that are below it by no more than `rounding` count as equal to it. Nothing is drawn where
    there is one.
    """
    best = values.max()
    among = np.flatnonzero(values >= best - rounding)
    return int(among[0] if len(among) == 1 else rng.choice(among))
