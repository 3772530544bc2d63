"""How a study's boxes are shared out into those that may be asked and those measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import CampaignError
from cryoal.estimate.apart import across_one, overlapping, whole_groups
from cryoal.seeds import stream

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.pool import Pool

__all__ = ["SPLITS", "SplitTold", "split_by_tomogram", "told_of_files"]

SPLITS = ("files", "tomogram")
"""As the files of the study say, or whole tomograms on either side."""

MOST_NAMES = 6


@dataclass(frozen=True)
class SplitTold:
    """Which split it was, for the report."""

    sentence: str
    flatters: bool
    """Whether test boxes show part of what may be learned from."""


def split_by_tomogram(
    pool: Pool,
    known: NDArray[np.bool_],
    classes: NDArray[np.integer],
    share: float,
    path: Path,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], SplitTold]:
    """Who may be learned from and who is measured on, ``(n,)`` each, of the `known` boxes.

    Whole tomograms on either side. Of a single tomogram two sides of a plane, one box apart.
    The same for every seed and strategy of a study.

    Raises
    ------
    CampaignError
        No plane leaves boxes on both sides.
    """
    names, group = np.unique(np.array(pool.tomogram_names)[pool.tomogram], return_inverse=True)
    at = np.flatnonzero(known)
    learn, measure = np.zeros(len(pool), bool), np.zeros(len(pool), bool)
    there = np.unique(group[at])
    if len(there) > 1:
        held = whole_groups(group[at], classes[at], share, stream(0, "split by tomogram"))
        learn[at], measure[at] = ~held, held
        sides = [_named(names[np.unique(group[side])].tolist()) for side in (learn, measure)]
        told = (
            f"Split by tomogram: {measure.sum():,} boxes to measure on, of {sides[1]}; the"
            f" {learn.sum():,} that may be asked are of {sides[0]}. No tomogram is on both sides."
        )
        return learn, measure, SplitTold(told, flatters=False)
    edge = pool.box * pool.voxel_spacing
    found = (
        across_one(pool.position_zyx_angstrom[at], classes[at], share, edge, pool.group[at])
        if len(at)
        else None
    )
    if found is None:
        raise CampaignError(
            f"expected known boxes on both sides of a gap of one box ({edge:g} A) in the tomogram"
            f" of {path}, found none; give data.test, or add a tomogram"
        )
    learn[at], measure[at] = found.learn, found.measure
    n_lost = len(at) - int(found.learn.sum() + found.measure.sum())
    has_filaments = len(np.unique(pool.group[at])) < len(at)
    filaments = ", or of a filament that lies mostly on the other side," if has_filaments else ""
    told = (
        f"Split along the {'zyx'[found.axis]} axis of the one tomogram, {names[there[0]]}:"
        f" {measure.sum():,} boxes to measure on, beyond a plane at {found.plane:,.0f} Å;"
        f" {learn.sum():,} before it may be asked, and {n_lost:,} within half a box of it"
        f"{filaments} are left out, so that no test box overlaps another. The accuracy is of this"
        " tomogram: another one may be told worse."
    )
    return learn, measure, SplitTold(told, flatters=False)


def told_of_files(pool: Pool, learn: NDArray[np.bool_], measure: NDArray[np.bool_]) -> SplitTold:
    """Which split the files of a study made."""
    names, group = np.unique(np.array(pool.tomogram_names)[pool.tomogram], return_inverse=True)
    shared = np.intersect1d(group[learn], group[measure])
    if not len(shared):
        sentence = "Split by the files of the study: no tomogram has boxes on both sides."
        return SplitTold(sentence, flatters=False)
    edge = pool.box * pool.voxel_spacing
    near = overlapping(pool.position_zyx_angstrom, group, learn, measure, edge)
    of = _named(names[shared].tolist())
    shares = np.isin(pool.group, pool.group[learn]) & measure & ~near
    if not near.any() and not shares.any():
        return SplitTold(
            "Split by the files of the study: boxes on both sides are of the same tomogram"
            f"{'s' * (len(shared) > 1)} ({of}), but no test box overlaps one that may be asked. The"
            " accuracy is of these tomograms: another one may be told worse.",
            flatters=False,
        )
    n, n_all = int(near.sum()), int(measure.sum())
    lie = f", and {shares.sum():,} more are of a filament with such" if shares.any() else ""
    return SplitTold(
        f"{n:,} of {n_all:,} test boxes overlap a box of their tomogram that may be asked ({of})"
        f"{lie}. They show part of what is learned from, so accuracies may be higher here than on"
        ' boxes apart, and differences other: split = "tomogram" under [data] of the study keeps'
        " them apart.",
        flatters=True,
    )


def _named(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return f"{', '.join(names[:MOST_NAMES])}{more}"
