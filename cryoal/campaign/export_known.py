"""What is known at an export of the tilt series that the picks are of, beside the picks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.numbers import positive
from cryoal.io.picks.optics import ABERRATION, NAME, PIXEL, SAID, VOLTAGE
from cryoal.io.picks.read import read_tomograms
from cryoal.io.picks.tilt_series import SIZES, has_its_size
from cryoal.io.volumes.base import SPACING_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cryoal.data.pool import Pool
    from cryoal.data.pool_part import PoolPart
    from cryoal.io.picks.geometry import Geometry

__all__ = ["NOTHING_TOLD", "TiltSeries", "known_of", "read_listed"]


@dataclass(frozen=True)
class TiltSeries:
    """What the user says at an export: each counts where the picks do not say it themselves.

    `tomograms` is a tomograms STAR of RELION or Warp; `pixel_size` is of the unbinned tilt series,
    in angstrom, `voltage` in kV, `spherical_aberration` in mm.
    """

    tomograms: Path | None = None
    pixel_size: float | None = None
    voltage: float | None = None
    spherical_aberration: float | None = None

    def __post_init__(self) -> None:
        for option, value in (
            ("--pixel-size", self.pixel_size),
            ("--voltage", self.voltage),
            ("--cs", self.spherical_aberration),
        ):
            if value is not None and not 0 < value < float("inf"):
                raise PicksError(f"expected a number above 0 for {option}, found {value:g}")


NOTHING_TOLD = TiltSeries()


def read_listed(pool: Pool, told: TiltSeries) -> dict[str, dict[str, str]]:
    """The rows of the tomograms STAR, by clean name; none where none was given.

    Raises
    ------
    PicksError
        It is none, or has no tomogram of the pool.
    """
    if told.tomograms is None:
        return {}
    if not told.tomograms.is_file():
        raise PicksError(f"expected a tomograms STAR, found no file at {told.tomograms}")
    listed, twice = read_tomograms(told.tomograms)
    for name in pool.tomogram_names:
        if clean_name(name) in twice:
            one, other = twice[clean_name(name)]
            raise PicksError(
                f"expected one tomogram for {name!r} in {told.tomograms}, found {one!r} and "
                f"{other!r} of different sizes or pixels"
            )
    if not any(clean_name(name) in listed for name in pool.tomogram_names):
        raise PicksError(
            f"expected tomogram {pool.tomogram_names[0]!r} or another of the campaign in "
            f"{told.tomograms}, found {', '.join(sorted(listed)[:4])}"
        )
    return listed


def known_of(
    part: PoolPart, told: TiltSeries, listed: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, Geometry], dict[str, dict[str, str]]]:
    """Geometry of each tomogram of `part`, and what is said of its microscope.

    Where no tomograms STAR is given now, that which came with the picks says the latter, if it is
    still there.

    Raises
    ------
    PicksError
        The pixel that is said now is not the one that came with the picks, or the size not that of
        the tomogram.
    """
    came = _read_again(part) if not listed else {}
    geometry, optics = {}, {}
    for record in part.tomograms:
        row = listed.get(clean_name(record.name), {})
        geometry[record.name] = _geometry(record.name, record.geometry, row, told)
        row = row or came.get(clean_name(record.name), {})
        said = {label: row[label] for label in (NAME, *SAID) if row.get(label)}
        if told.voltage is not None:
            said[VOLTAGE] = f"{told.voltage:.6f}"
        if told.spherical_aberration is not None:
            said[ABERRATION] = f"{told.spherical_aberration:.6f}"
        optics[record.name] = said
    return geometry, optics


def _geometry(name: str, geometry: Geometry, row: Mapping[str, str], told: TiltSeries) -> Geometry:
    said = []
    if told.tomograms is not None and PIXEL in row:
        star = told.tomograms
        said.append((positive(row[PIXEL], PIXEL, star), f"the tomograms STAR {star}"))
        if geometry.unbinned_size_xyz is None and all(label in row for label in SIZES):
            x, y, z = (positive(row[label], label, star) for label in SIZES)
            sized = replace(geometry, unbinned_size_xyz=(x, y, z), unbinned_spacing=said[0][0])
            _require_size(name, sized, star)
            geometry = replace(geometry, unbinned_size_xyz=(x, y, z))
    if told.pixel_size is not None:
        said.append((told.pixel_size, "--pixel-size"))
    for pixel, where in said:
        before = geometry.unbinned_spacing
        if before is not None and abs(pixel - before) > SPACING_TOLERANCE * before:
            raise PicksError(
                f"expected {before:g} A for a pixel of the tilt series of {name!r}, as it came "
                f"in, found {pixel:g} by {where}"
            )
        geometry = replace(geometry, unbinned_spacing=before or pixel)
    return geometry


def _require_size(name: str, geometry: Geometry, star: Path) -> None:
    if has_its_size(geometry):
        return
    z, y, x = geometry.extent_zyx_angstrom / geometry.voxel_spacing
    shape = " x ".join(str(n) for n in reversed(geometry.shape))
    raise PicksError(
        f"expected a tomogram of {shape} voxels for {name!r}, found {x:.0f} x {y:.0f} x {z:.0f} by "
        f"the tomograms STAR {star}: another tomogram?"
    )


def _read_again(part: PoolPart) -> dict[str, dict[str, str]]:
    """The tomograms STAR that came with the picks; nothing where it is gone, or another file."""
    if part.source_tomograms is None or not part.source_tomograms.is_file():
        return {}
    try:
        return read_tomograms(part.source_tomograms)[0]
    except PicksError:
        return {}
