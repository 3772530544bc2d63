"""Other readings of the same coordinates: axes, directions, binning, origin, shifts of a box."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["AS_READ", "FACTORS", "Hypothesis", "Kind", "hypotheses", "small_offsets"]

Kind: TypeAlias = Literal["as read", "axes", "flip", "binning", "origin", "shift", "offset"]

AS_READ = "as read"

FACTORS = (0.5, 2.0, 0.25, 4.0, 0.125, 8.0)
"""By which coordinates may be too small or too large: what tomograms are binned by."""

AXES = "zyx"


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """A reading: where a pick is, in voxels (z, y, x), if the coordinates are to be changed so."""

    name: str
    """What is to be done to the coordinates, in words: ``x and z exchanged``."""
    kind: Kind
    matrix: NDArray[np.float64]
    """(3, 3)"""
    offset: NDArray[np.float64]
    """(3,) voxels, added after the matrix."""
    changes: int
    """How far it is from what was read; of two that fit alike the simpler is named."""

    def place(self, voxel_zyx: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where picks read at `voxel_zyx`, (n, 3), are."""
        return voxel_zyx @ self.matrix.T + self.offset


def hypotheses(shape: Sequence[int], box: int) -> list[Hypothesis]:
    """All readings of a tomogram of `shape` (z, y, x) voxels, what was read first.

    48 orders and directions of the axes, from the first voxel and, where it makes a difference,
    about the middle, from which RELION 5 counts; factors of binning, from the first voxel and the
    middle; the first voxel where the middle was meant, and the reverse; half a box and a whole one
    in 26 directions: the corner of a box in place of its centre, or a neighbour.
    """
    size = np.asarray(shape, np.float64)
    return [
        *(_axes(size, order, turned) for order in ORDERS for turned in TURNED),
        *(
            _axes(size, order, turned, about_middle=True)
            for order in ORDERS
            for turned in TURNED
            if (size[list(order)] != size).any()
        ),
        *(_binned(size, factor, about) for factor in FACTORS for about in ("", "the middle")),
        _shifted("counted from the middle", "origin", size / 2, 1),
        _shifted("counted from the first voxel", "origin", -size / 2, 1),
        *(
            _shifted(f"{said} along {_along(direction)}", "shift", share * box * direction, cost)
            for direction in DIRECTIONS
            for said, share, cost in (
                ("one box", 1.0, int(np.abs(direction).sum())),
                ("half a box", 0.5, 2 if abs(direction.sum()) == 3 else 3),
            )
        ),
    ]


def small_offsets() -> list[Hypothesis]:
    """Half a voxel and a whole one, as programs count from 0, from 1, from corner or centre."""
    axes = [
        np.array(d, np.float64) for d in ((1, 1, 1), (0, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1))
    ]
    return [
        _shifted(f"{said} along {_along(sign * d)}", "offset", sign * share * d, 1)
        for said, share in (("half a voxel", 0.5), ("one voxel", 1.0))
        for d in axes
        for sign in (1, -1)
    ]


ORDERS = tuple(itertools.permutations(range(3)))
TURNED = tuple(itertools.product((False, True), repeat=3))
DIRECTIONS = tuple(
    np.array(d, np.float64) for d in itertools.product((-1, 0, 1), repeat=3) if any(d)
)


def _axes(
    size: NDArray[np.float64],
    order: Sequence[int],
    turned: Sequence[bool],
    *,
    about_middle: bool = False,
) -> Hypothesis:
    """Axis i is the one that was read as `order[i]`, and runs the other way where `turned[i]`."""
    sign = np.where(turned, -1.0, 1.0)
    matrix = sign[:, None] * np.eye(3)[list(order)]
    offset = np.where(turned, size - 1, 0.0)
    if about_middle:  # of coordinates from the middle, whose axes differ in length
        offset = size / 2 - matrix @ (size / 2) - np.where(turned, 1.0, 0.0)
    moved = [AXES[i] for i in reversed(range(3)) if order[i] != i]
    words = []
    if len(moved) == 2:
        words.append(f"{moved[0]} and {moved[1]} exchanged")
    elif moved:
        words.append("x, y, z taken from " + ", ".join(AXES[i] for i in reversed(order)))
    if about_middle:
        words[0] += " about the middle"
    flips = [AXES[i] for i in reversed(range(3)) if turned[i]]
    if flips:
        words.append(" and ".join(flips) + " running the other way")
    kind: Kind = "axes" if moved else "flip" if flips else "as read"
    changes = (len(moved) - 1 if moved else 0) + len(flips)
    return Hypothesis(", ".join(words) or AS_READ, kind, matrix, offset, changes)


def _binned(size: NDArray[np.float64], factor: float, about: str) -> Hypothesis:
    """Coordinates times `factor`, from the first voxel or `about` the middle."""
    said = f"times {factor:g}" if factor > 1 else f"divided by {1 / factor:g}"
    centre = size / 2 if about else np.zeros(3)
    name = said + (f" about {about}" if about else "")
    return Hypothesis(name, "binning", factor * np.eye(3), (1 - factor) * centre, 2 if about else 1)


def _shifted(name: str, kind: Kind, offset: NDArray[np.float64], changes: int) -> Hypothesis:
    return Hypothesis(name, kind, np.eye(3), np.asarray(offset, np.float64), changes)


def _along(direction: NDArray[np.float64]) -> str:
    return ", ".join(
        f"{'-' if direction[i] < 0 else '+'}{AXES[i]}" for i in reversed(range(3)) if direction[i]
    )
