"""RELION 4: pixels of the unbinned tilt series from the first voxel, whatever volume was picked.

RELION 5 reads these columns the same way when it finds no centred ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.base import StarFormat
from cryoal.io.picks.star_columns import (
    COORDINATES,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["Relion4"]

PIXEL = "rlnTomoTiltSeriesPixelSize"


class Relion4(StarFormat):
    """``rlnTomoName`` with ``rlnCoordinateX`` in unbinned pixels.

    Unit: the pixel of the tilt series, ``rlnTomoTiltSeriesPixelSize`` of the optics table or the
    tomograms STAR. Origin, axes: the middle of the first voxel is 0 (``particle_set.cpp``,
    ``getParticleCoordDecenteredPixel``); x, y, z; voxel i of a tomogram binned b times is i * b.
    Shifts: ``rlnOriginXAngst`` is taken off, turned by the subtomogram's angles (``getPosition``).
    Angles: ``rlnAngleRot`` and its like, in the frame of ``rlnTomoSubtomogramRot`` and its like
    (``getMatrix3x3``).
    """

    name = "relion4"
    yields_to = ("relion5", "warp", "pytom_star")

    @staticmethod
    def recognise_star(columns: StarTable, blocks: Mapping[str, StarTable]) -> str | None:
        """By a tilt series' pixel size beside ``rlnTomoName``."""
        if COORDINATES[0] not in columns or "rlnTomoName" not in columns:
            return None
        where = next((name for name in ("optics", "global") if PIXEL in blocks.get(name, {})), None)
        return where and f"rlnTomoName, {COORDINATES[0]} and {PIXEL} in data_{where} -> RELION 4"

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the tilt series' pixel size."""
        spacing = picks.coordinate_spacing or geometry.unbinned_spacing
        if spacing is None:
            raise PicksError(
                f"expected {PIXEL} in data_optics or a tomograms STAR, found none for "
                f"{picks.path}: RELION 4 counts unbinned pixels"
            )
        return picks.xyz(COORDINATES, rows) * spacing
