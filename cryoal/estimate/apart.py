"""Boxes to learn from and boxes to measure on, so that no box of one side shows part of another."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Across", "across_one", "overlapping", "whole_groups"]

FEW_GROUPS = 12
"""Of so many groups every way to share them out is looked at, of more N_DRAWS drawn ones."""
N_DRAWS = 512
N_PLANES = 199


def whole_groups(
    group: NDArray[np.integer],
    classes: NDArray[np.integer],
    share: float,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """``(n,)``: who is measured on, whole groups of about a `share` of all boxes.

    Of the ways to share out the groups (such as tomograms) one is taken with which the fewest
    classes are lacking among those to learn from, then among those to measure on, then the
    nearest to `share`; `rng` says which of equal ones.

    Parameters
    ----------
    group, classes : (n,)
        Of each box; `group` has two different values or more.
    """
    names, of_box = np.unique(group, return_inverse=True)
    n_groups = len(names)
    if n_groups < 2:
        raise ValueError(f"expected two groups or more, found {n_groups}")
    there = np.unique(classes)
    counts = np.array([np.bincount(of_box[classes == c], minlength=n_groups) for c in there])
    if n_groups <= FEW_GROUPS:
        ways = np.array(list(itertools.product((False, True), repeat=n_groups)))
        ways = ways[rng.permutation(len(ways))]
    else:
        ways = rng.random((N_DRAWS, n_groups)) < share
    ways = ways[ways.any(axis=1) & ~ways.all(axis=1)]
    held = ways @ counts.T
    rest = counts.sum(axis=1) - held
    off = np.abs(held.sum(axis=1) / counts.sum() - share)
    best = np.lexsort([off, (held == 0).sum(axis=1), (rest == 0).sum(axis=1)])[0]
    return np.asarray(ways[best][of_box])


@dataclass(frozen=True)
class Across:
    """Two sides of a plane across one axis."""

    learn: NDArray[np.bool_]
    measure: NDArray[np.bool_]
    """``(n,)`` each; the boxes nearer to the plane than half an edge are in neither."""
    axis: int
    """0, 1 or 2: z, y or x."""
    plane: float
    """Where it is, in the unit of the positions."""


def across_one(
    position_zyx: NDArray[np.floating],
    classes: NDArray[np.integer],
    share: float,
    edge: float,
    filament: NDArray[np.integer] | None = None,
) -> Across | None:
    """Boxes of one tomogram on two sides of a plane, one edge of a box between the sides at least.

    The plane is across the axis, and at the place, with which the fewest classes are lacking among
    those to learn from, then among those to measure on; then the share to measure on is within a
    fiftieth of `share`, or as near as it can be, and the fewest boxes are left out.

    Parameters
    ----------
    position_zyx : (n, 3)
        Centres of the boxes.
    edge : float
        Of a box, in the unit of the positions.
    filament : (n,)
        A number that boxes on one filament have in common. They are on one side: those beyond the
        plane from most of their filament are in neither.

    Returns
    -------
    Across or None
        None where no plane leaves boxes on both sides.
    """
    n_classes = len(np.unique(classes))
    each = np.arange(len(classes)) if filament is None else filament
    of_filament = np.unique(each, return_inverse=True)[1]
    best: tuple[tuple[float, ...], Across] | None = None
    for axis in range(3):
        along = position_zyx[:, axis]
        for plane in np.unique(np.quantile(along, np.linspace(0, 1, N_PLANES + 2)[1:-1])):
            low, high = along <= plane - edge / 2, along >= plane + edge / 2
            low, high = _of_most(low, high, of_filament)
            for learn, measure in ((low, high), (high, low)):
                kept = int(learn.sum() + measure.sum())
                if not learn.any() or not measure.any():
                    continue
                off = abs(measure.sum() / kept - share)
                cost = (
                    float(n_classes - len(np.unique(classes[learn]))),
                    float(n_classes - len(np.unique(classes[measure]))),
                    max(off, 0.02),
                    float(len(along) - kept),
                )
                if best is None or cost < best[0]:
                    best = cost, Across(learn, measure, axis, float(plane))
    return None if best is None else best[1]


def _of_most(
    low: NDArray[np.bool_], high: NDArray[np.bool_], filament: NDArray[np.intp]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Both sides without the boxes of a filament of which more are on the other side."""
    n_low = np.bincount(filament[low], minlength=len(filament))
    n_high = np.bincount(filament[high], minlength=len(filament))
    is_low = (n_low >= n_high)[filament]
    return low & is_low, high & ~is_low


def overlapping(
    position_zyx: NDArray[np.floating],
    group: NDArray[np.integer],
    learn: NDArray[np.bool_],
    measure: NDArray[np.bool_],
    edge: float,
) -> NDArray[np.bool_]:
    """``(n,)``: who of those to measure on overlaps a box to learn from, in the same group.

    Boxes are cubes of that edge along the axes; those that only touch do not overlap.
    """
    from scipy.spatial import cKDTree  # here: importing it takes longer than `status` may

    found = np.zeros(len(group), bool)
    for one in np.intersect1d(group[learn], group[measure]):
        at = np.flatnonzero(measure & (group == one))
        tree = cKDTree(position_zyx[learn & (group == one)])
        near, _ = tree.query(position_zyx[at], p=np.inf)
        found[at] = near < edge * (1 - 1e-9)
    return found
