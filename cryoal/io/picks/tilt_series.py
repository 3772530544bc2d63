"""What the tables of RELION and Warp say of the tilt series that a tomogram was made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.geometry import Geometry
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.numbers import positive
from cryoal.io.volumes.base import SPACING_TOLERANCE, frame_of

if TYPE_CHECKING:
    from cryoal.io.picks.picks import Picks
    from cryoal.io.volumes.base import Volume

__all__ = [
    *("BINNING", "PIXEL", "SIZES", "TiltSeries"),
    *("fits_only", "geometry_of", "has_its_size", "tilt_series", "unrounded"),
]

PIXEL = "rlnTomoTiltSeriesPixelSize"
BINNING = "rlnTomoTomogramBinning"
SIZES = tuple(f"rlnTomoSize{axis}" for axis in "XYZ")

MISFIT = 2  # voxels by which a reconstruction may differ from the unbinned size: programs round
SHARE = 0.01  # or this much of it, whichever is more
EVEN = 1.01  # voxels by which a size differs that was rounded to an even number
DIGITS = 2  # or fewer, to which spacings in headers are rounded at times
ROUNDED = 3e-3  # of a spacing: what differs by more was reconstructed so, as Warp does
FINER = 0.9  # of the tilt series' pixel: no tomogram has smaller voxels


@dataclass(frozen=True)
class TiltSeries:
    """Pixel (angstrom), size in pixels and the tomogram's binning; None where no table says it."""

    spacing: float | None = None
    size_xyz: tuple[float, float, float] | None = None
    binning: float | None = None


def tilt_series(picks: Picks, name: str) -> TiltSeries:
    """That of the tomogram called `name`: from the tomograms STAR and the optics table.

    Raises
    ------
    PicksError
        They differ in the pixel, or the particles of one tomogram are of groups that do.
    """
    table = picks.tomograms.get(clean_name(name), {})
    if picks.tomograms and not table:
        raise PicksError(
            f"expected tomogram {name!r} in the tomograms STAR {picks.tomograms_path}, found "
            f"{', '.join(sorted(picks.tomograms)[:4])}"
        )
    spacing = _of_optics(picks, name)
    if PIXEL not in table:
        return TiltSeries(spacing)
    where = picks.tomograms_path or picks.path
    listed = positive(table[PIXEL], "the tomograms STAR's pixel size", where)
    if spacing is not None and abs(listed - spacing) > SPACING_TOLERANCE * spacing:
        raise PicksError(
            f"expected {PIXEL} {spacing:g} of {picks.path}, found {listed:g} in the tomograms STAR "
            f"{where} for {name!r}"
        )
    size = None
    if SIZES[0] in table:
        x, y, z = (positive(table.get(label, "nothing"), label, where) for label in SIZES)
        size = (x, y, z)
    binning = positive(table[BINNING], BINNING, where) if BINNING in table else None
    return TiltSeries(listed, size, binning)


def _of_optics(picks: Picks, name: str) -> float | None:
    """The one pixel of the optics groups that the particles of `name` are in."""
    groups = picks.columns.get("rlnOpticsGroup")
    rows: dict[str, int] = {}
    for row in picks.rows(name).tolist():
        rows.setdefault(groups[row] if groups else "", row)
    found: dict[float, str] = {}
    for group, row in rows.items():
        if (text := picks.optics(PIXEL, row)) is None:
            return None
        value = positive(text, f"{PIXEL} of data_optics", picks.path)
        found.setdefault(value, group)
    if len(found) > 1:
        (one, first), (other, second) = list(found.items())[:2]
        raise PicksError(
            f"expected one {PIXEL} for the particles of {name!r}, found {one:g} (optics group "
            f"{first}) and {other:g} (group {second}) in {picks.path}: a tomogram is of one tilt "
            "series"
        )
    return next(iter(found), None)


def geometry_of(picks: Picks, name: str, volume: Volume, *, is_told: bool = False) -> Geometry:
    """What is known of tomogram `name`, whose file is `volume`.

    Where the tomograms STAR says the binning, the voxel spacing is that times the pixel of the tilt
    series: headers are often rounded, and 10 A for 10.012 is a voxel off after 830. So it is where
    its sizes tell whole pixels from the rounded number.

    Parameters
    ----------
    is_told
        Whether the spacing of `volume` is the user's word instead of the header's.

    Raises
    ------
    PicksError
        The file is not of the size that the tables say, or its voxels are finer than the pixels
        of the tilt series.
    """
    known = tilt_series(picks, name)
    shape, spacing = frame_of(volume)
    if known.spacing is None:
        return Geometry(shape, spacing)
    if spacing < FINER * known.spacing:
        raise PicksError(
            f"expected voxels no finer than the pixels of the tilt series ({known.spacing:g} A by "
            f"{PIXEL}), found {spacing:g} A in {volume.path}: say how large they are (--voxel-size)"
        )
    if known.binning is not None and not is_told:
        exact = known.spacing * known.binning
        if abs(exact - spacing) > SHARE * exact:
            raise PicksError(
                f"expected voxels of {exact:g} A ({known.binning:g} pixels of {known.spacing:g} A) "
                f"by the tomograms STAR {picks.tomograms_path}, found {spacing:g} A in "
                f"{volume.path}: say which is right (--voxel-size)"
            )
        spacing = exact
    geometry = Geometry(shape, spacing, known.size_xyz, known.spacing)
    whole = None if is_told or known.binning is not None else unrounded(geometry)
    if whole is not None and fits_only(geometry, whole, spacing):
        geometry = replace(geometry, voxel_spacing=whole)
    if known.size_xyz is not None:
        _require_size(picks, geometry, volume)
    return geometry


def unrounded(geometry: Geometry) -> float | None:
    """Whole pixels of the tilt series that the voxel spacing may be rounded from, if any."""
    if geometry.unbinned_spacing is None:
        return None
    spacing = geometry.voxel_spacing
    exact = geometry.unbinned_spacing * max(1, round(spacing / geometry.unbinned_spacing))
    if spacing == exact or abs(exact - spacing) > ROUNDED * exact:
        return None
    return exact if any(spacing == round(exact, n) for n in range(DIGITS + 1)) else None


def fits_only(geometry: Geometry, spacing: float, other: float) -> bool:
    """Whether the size of the tilt series gives this volume with `spacing`, not with `other`."""
    if geometry.unbinned_size_xyz is None:
        return False
    extent = geometry.extent_zyx_angstrom
    off = [np.abs(extent / each - geometry.shape).max() for each in (spacing, other)]
    return bool(off[0] <= EVEN < off[1])


def has_its_size(geometry: Geometry) -> bool:
    """Whether the volume has the unbinned size, to what programs round; True where none is said."""
    expected = geometry.extent_zyx_angstrom / geometry.voxel_spacing
    off = np.abs(expected - geometry.shape)
    return bool(np.all(off <= np.maximum(MISFIT, SHARE * expected)))


def _require_size(picks: Picks, geometry: Geometry, volume: Volume) -> None:
    if not has_its_size(geometry):
        expected = geometry.extent_zyx_angstrom / geometry.voxel_spacing
        z, y, x = (round(n) for n in expected)
        raise PicksError(
            f"expected a tomogram of {x} x {y} x {z} voxels of {geometry.voxel_spacing:g} A by the "
            f"tomograms STAR {picks.tomograms_path or f'of {picks.path}'}, found "
            f"{' x '.join(str(n) for n in reversed(geometry.shape))} in {volume.path}: another "
            "tomogram, or a wrong voxel spacing (--voxel-size)"
        )
