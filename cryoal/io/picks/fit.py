"""Whether all picks of a file, looked at together, can be in the unit that they were read in.

A coordinate alone says nothing of its unit; a list of them does. Binned pixels read as unbinned
ones lie in the first quarter of each axis, unbinned ones read as binned lie outside. Chance has all
of n picks in the first 1/k of each of three axes once in k^3n lists.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.tilt_series import fits_only, unrounded
from cryoal.io.picks.unit import counts_voxels, unit_as_read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry, Located
    from cryoal.io.picks.picks import Picks

__all__ = ["Placed", "require_fit"]

CHANCE = 1e-3  # that picks which lie throughout the tomogram are all in its corner
MOST_OUTSIDE = 0.5  # of the picks: more are no stray ones
INSIDE = 0.95  # of the picks, for another unit to be called one that fits
ROUNDING = 1.02  # sizes of volumes are rounded
SPREAD = 0.7  # of the way from the origin to the farthest pick: what takes less is one object
STRAY = -0.02  # of an axis: shifts leave picks a little outside
ALIKE = 0.05  # units nearer to each other than that are one
MOVED = 0.5  # voxels: what a rounded spacing may move a pick by


class Placed(Protocol):
    """The picks of one tomogram where they were read to be; `path` is the tomogram's file."""

    @property
    def name(self) -> str:
        """What the picks call it."""

    @property
    def path(self) -> Path:
        """Its file."""

    @property
    def geometry(self) -> Geometry:
        """What is known of it."""

    @property
    def located(self) -> Located:
        """Where its picks are."""


def require_fit(picks: Picks, placed: Sequence[Placed], *, is_told: bool = False) -> None:
    """Refuse where another unit fits all picks clearly better than the one they were read in.

    Nothing is asked where the user has said the unit (``--coordinate-spacing``).

    Parameters
    ----------
    is_told
        Whether voxel spacings are the user's word instead of the headers'.

    Raises
    ------
    PicksError
        Another unit fits better, or a header's spacing cannot be right for these picks; names both
        readings and the option that says which.
    """
    if not placed or picks.coordinate_spacing is not None:
        return
    if not is_told:
        for each in placed:
            _require_spacing(picks, each)
    if picks.has_fractions:
        return
    share = np.concatenate([_share(each) for each in placed])
    outside = ((share < 0) | (share > ROUNDING)).any(axis=1)
    if outside.mean() > MOST_OUTSIDE:
        _ask(picks, placed, share, f"{int(outside.sum())} of {len(share)} outside")
    elif (k := _corner(share)) > 1:
        said = f"all {len(share)} within the first {1 / k:.2g} of each axis"
        _ask(picks, placed, share, said, is_corner=True)


def _share(placed: Placed) -> NDArray[np.float64]:
    """Each position as a share of its tomogram along each axis, ``(n, 3)``."""
    size = np.asarray(placed.geometry.shape) * placed.geometry.voxel_spacing
    share: NDArray[np.float64] = placed.located.position_zyx_angstrom / size
    return share


def _corner(share: NDArray[np.float64]) -> float:
    """By how much the axes are longer than what the picks take of them; 1 where that is chance."""
    most = float(share.max())
    if most <= 0 or (share < STRAY).any():
        return 1.0
    k = 1 / most
    is_spread = (np.ptp(share, axis=0) > SPREAD * share.max(axis=0)).sum() >= 2
    return k if k >= 2 and is_spread and k ** (-3 * len(share)) < CHANCE else 1.0


def _ask(
    picks: Picks,
    placed: Sequence[Placed],
    share: NDArray[np.float64],
    said: str,
    *,
    is_corner: bool = False,
) -> None:
    """Raise where another unit is known, or can be guessed, in which all would fit."""
    first = placed[0]
    unit = unit_as_read(picks, first.name, first.located)
    if unit is None:
        return
    geometry = first.geometry
    units = {geometry.voxel_spacing: "voxels of the tomogram"}
    if geometry.unbinned_spacing is not None:
        units[geometry.unbinned_spacing] = "pixels of the tilt series"
    units.setdefault(1.0, "angstrom")
    known = [each for each in units if abs(each - unit) > ALIKE * unit]
    other = next((each for each in known if _fits(share * (each / unit))), 0.0)
    what = units.get(other, "")
    if not other and not is_corner and (order := _order(placed)):
        raise PicksError(
            f"expected picks inside {first.path.name}, found {said} in {picks.path}; with its x, y "
            f"and z taken for {order} they lie inside: exchange them in the file"
        )
    if not other:
        most = float(share.max())
        k = int(ROUNDING / most) if is_corner else int(np.ceil(most / ROUNDING))
        other = unit * k if is_corner else unit / k
        what = f"as of a tomogram binned some {k} times {'more' if is_corner else 'less'}"
        if not _fits(share * (other / unit)):
            return
    spacing, header = geometry.voxel_spacing, ""
    if not counts_voxels(picks, first.name, geometry, first.located):
        header = f", or give the voxel spacing if {spacing:g} A is wrong (--voxel-size)"
    raise PicksError(
        f"expected picks throughout {first.path.name}, found {said} in {picks.path} when read in "
        f"units of {unit:g} A; in units of {other:g} A ({what}) they fit: say which it is "
        f"(--coordinate-spacing {unit:g} or {other:g}){header}"
    )


def _order(placed: Sequence[Placed]) -> str:
    """What x, y and z would have to be for picks to lie inside; "" where no order does it."""
    for axes in itertools.permutations((2, 1, 0)):  # of x, y, z among the columns z, y, x
        turned = [
            each.located.position_zyx_angstrom[:, axes]
            / (np.asarray(each.geometry.shape)[::-1] * each.geometry.voxel_spacing)
            for each in placed
        ]
        if _fits(np.concatenate(turned)):
            return ", ".join("xyz"[axes.index(2 - column)] for column in range(3))
    return ""


def _fits(share: NDArray[np.float64]) -> bool:
    inside = ((share >= 0) & (share <= ROUNDING)).all(axis=1)
    return bool(inside.mean() >= INSIDE) and _corner(share[inside]) == 1


def _require_spacing(picks: Picks, placed: Placed) -> None:
    """Raise where the header's spacing cannot be right, and these picks need it."""
    geometry, spacing = placed.geometry, placed.geometry.voxel_spacing
    if spacing == 1.0 and not counts_voxels(picks, placed.name, geometry, placed.located):
        raise PicksError(
            f"expected the voxel spacing of {placed.path.name} for picks in angstrom, found 1 A, "
            "which programs write that do not know it: say it (--voxel-size)"
        )
    exact = unrounded(geometry)
    located = placed.located
    if exact is None or counts_voxels(picks, placed.name, geometry, located):
        return
    from_middle = unit_as_read(picks, placed.name, located) == 1.0
    middle = np.asarray(geometry.shape) / 2 if from_middle else np.zeros(3)
    voxel = located.position_zyx_angstrom / spacing
    moved = np.abs((voxel - middle) * (spacing / exact - 1)).max()
    if moved > MOVED and not fits_only(geometry, spacing, exact):
        raise PicksError(
            f"expected the exact voxel spacing of {placed.path.name}, found {spacing:g} A, which "
            f"may be {exact:.6g} A (whole pixels of {geometry.unbinned_spacing:g} A) rounded: "
            f"picks move by up to {moved:.1f} voxels, say which it is (--voxel-size {exact:.6g} or "
            f"{spacing:g})"
        )
