"""What goes wrong with files of picks, one error at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.placement.hypotheses import AS_READ, hypotheses, small_offsets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.check.material import Scene

__all__ = ["KINDS", "RIGHT", "picks_of", "wrongly_read"]

RIGHT = AS_READ
KINDS = {
    RIGHT: (RIGHT,),
    "axes exchanged": (
        *("x and y exchanged", "x and z exchanged", "y and z exchanged"),
        *("x, y, z taken from y, z, x", "x, y, z taken from z, x, y"),
    ),
    "x or y flipped": ("x running the other way", "y running the other way"),
    "z flipped": ("z running the other way",),
    "a box off": tuple(f"one box along {sign}{axis}" for sign in "+-" for axis in "xyz"),
    "corner of the box": (
        "half a box along +x, +y, +z",
        "half a box along -x, -y, -z",
    ),
    "binning": ("times 2", "times 4", "divided by 2", "divided by 4"),
    "from the middle": ("counted from the middle", "divided by 2 about the middle"),
    "half a voxel": ("half a voxel along +x, +y, +z", "half a voxel along -x, -y, -z"),
    "one voxel": ("one voxel along +x, +y, +z", "one voxel along -x, -y, -z"),
}
"""Kinds of error, each with the readings that undo it: a trial has one, and it is to be named."""


def wrongly_read(
    picks: NDArray[np.float64], error: str, shape: tuple[int, int, int], box: int
) -> NDArray[np.float64]:
    """What a file with that error makes of places in voxels."""
    known = [*hypotheses(shape, box), *small_offsets()]
    undoes = next(reading for reading in known if reading.name == error)
    return np.asarray(np.linalg.solve(undoes.matrix, (picks - undoes.offset).T).T, np.float64)


def picks_of(
    scene: Scene, n_true: int, junk: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """True places of `n_true` particles, half a voxel off along each axis, and a share of junk.

    Half of the junk, as far as it goes, is what a picker finds, the rest lies anywhere.
    """
    chosen = scene.particles[rng.permutation(len(scene.particles))[:n_true]]
    error = 0.0 if len(scene.junk) else 0.5  # the others have one already
    chosen = chosen + rng.normal(scale=error, size=chosen.shape)
    n_junk = round(len(chosen) * junk / (1 - junk))
    found = scene.junk[rng.permutation(len(scene.junk))[: n_junk // 2]]
    low, high = scene.margin, np.array(scene.landscape.shape) - 1 - scene.margin
    anywhere = rng.uniform(low, high, (n_junk - len(found), 3))
    return np.concatenate([chosen, found, anywhere])
