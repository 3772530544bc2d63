"""Warp: pixels of whatever size was exported, or fractions of the tomogram, from the first voxel.

How the unit was found, in WarpTools' source: ``ts_export_particles`` divides positions in angstrom
by the output pixel, which it writes as ``rlnPixelSize`` (3D subtomograms,
``ExportParticlesTiltseries.cs``) or as ``rlnImagePixelSize`` of the optics table (2D series,
``TiltSeries.ReconstructParticleSeries.cs``). Template matching writes fractions of the tomogram
(:mod:`cryoal.io.picks.fractions`). Lists of other programs
that go by ``.tomostar`` names are in pixels of a tomogram, 0 at the middle of the first voxel
(Warp's "Tomogram Particle File Reference").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.picks.base import StarFormat
from cryoal.io.picks.fractions import are_fractions, size_by_whole_voxels
from cryoal.io.picks.image_spacing import image_spacing
from cryoal.io.picks.star_columns import (
    COORDINATES,
    has_pixel_origins,
    origin_shift,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["Warp"]

NAMES = ("rlnTomoName", "rlnMicrographName")
EXPORT_3D = ("rlnPixelSize", "rlnDetectorPixelSize", "rlnCtfMaxResolution")


class Warp(StarFormat):
    """``rlnCoordinateX`` in pixels of the exported particles, or in fractions of the tomogram.

    Unit: ``rlnPixelSize`` (``ts_export_particles --3d``), ``rlnImagePixelSize`` of the optics table
    (``--2d``), a fraction of the tomogram (template matching), else voxels of the tomogram. Origin,
    axes: the middle of the first voxel is 0 (Warp's *Tomogram Particle File Reference*); x, y, z.
    Shifts: ``rlnOriginXAngst``, or ``rlnOriginX`` in pixels of the coordinates, is taken off.
    Angles: ``rlnAngleRot``, Tilt, Psi are RELION's.
    """

    name = "warp"
    yields_to = ("relion5", "pytom_star")

    @staticmethod
    def recognise_star(columns: StarTable, blocks: Mapping[str, StarTable]) -> str | None:
        """By fractions, by ``.tomostar`` names, or by the columns of a 3D export."""
        if COORDINATES[0] not in columns:
            return None
        is_2d = "rlnTomoSubTomosAre2DStacks" in blocks.get("general", {})
        if "rlnTomoTiltSeriesPixelSize" in blocks.get("optics", {}) and not is_2d:
            return None  # RELION 4: of Warp's exports only the 2D series have an optics table
        if are_fractions(columns, COORDINATES):
            return f"{COORDINATES[0]} between 0 and 1 -> Warp template matching, fractions"
        pixel = (
            "pixels of rlnImagePixelSize"
            if "rlnImagePixelSize" in blocks.get("optics", {})
            else "pixels of rlnPixelSize"
            if "rlnPixelSize" in columns
            else "pixels of the tomogram"
        )
        for label in NAMES:
            if columns.get(label) and columns[label][0].endswith(".tomostar"):
                return f"{label} ends in .tomostar -> Warp, {pixel}"
        if all(label in columns for label in EXPORT_3D):
            return f"{', '.join(EXPORT_3D)} -> Warp subtomograms, {pixel}"
        return None

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the size of the tomogram or of a pixel."""
        coordinate = picks.xyz(COORDINATES, rows)
        if picks.coordinate_spacing is None and picks.has_fractions:
            return coordinate * _size(coordinate, geometry)
        return coordinate * _pixel(picks, rows, geometry)[:, None]

    @staticmethod
    def notes(picks: Picks, rows: NDArray[np.int64], geometry: Geometry) -> Sequence[str]:
        """Where the size that fractions are of is not known to a voxel."""
        if picks.coordinate_spacing is not None or not picks.has_fractions:
            return ()
        if geometry.unbinned_size_xyz is not None:
            return ()
        sizes = size_by_whole_voxels(picks.xyz(COORDINATES, rows), geometry.shape)
        unknown = [axis for axis, size in zip("zyx", sizes, strict=True) if size is None]
        if not unknown:
            return ()
        return [
            f"fractions of a size that no file says along {', '.join(unknown[::-1])}, taken for "
            "this file's: up to a voxel off at the far end; give the tomograms STAR (--tomograms)"
        ]

    @staticmethod
    def shift(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64] | None:
        """``rlnOriginX`` is in pixels of the coordinates, as ``ts_export_particles`` has it."""
        spacing = np.full(len(rows), geometry.voxel_spacing)
        if has_pixel_origins(picks.columns):
            spacing = _pixel(picks, rows, geometry)
        return origin_shift(picks, rows, spacing)


def _size(fractions: NDArray[np.float64], geometry: Geometry) -> NDArray[np.float64]:
    """Angstrom that a fraction of 1 stands for, z, y, x.

    That by which fractions become whole voxels, where there is one; else what the tables say.
    """
    found = size_by_whole_voxels(fractions, geometry.shape)
    known = geometry.extent_zyx_angstrom
    return np.array(
        [
            extent if size is None else size * geometry.voxel_spacing
            for size, extent in zip(found, known, strict=True)
        ]
    )


def _pixel(picks: Picks, rows: NDArray[np.int64], geometry: Geometry) -> NDArray[np.float64]:
    """Angstrom per pixel of each row's coordinates."""
    if picks.coordinate_spacing is None:
        image = image_spacing(picks, rows)
        if image is not None:
            return image
    return np.full(len(rows), picks.coordinate_spacing or geometry.voxel_spacing)
