"""RELION 3.0 and 3.1: pixels of the tomogram that was picked, from its first voxel.

Both versions name that tomogram, and neither says its pixel size: what they say is that of the
subtomograms, which is the same unless these were rescaled. So the unit is taken for the pixel of
the volume that was given, and where the file's own number contradicts it the user is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.base import StarFormat
from cryoal.io.picks.image_spacing import image_spacing
from cryoal.io.picks.star_columns import (
    COORDINATES,
    has_pixel_origins,
    origin_shift,
)
from cryoal.io.volumes.base import SPACING_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["Relion3"]


class Relion3(StarFormat):
    """``rlnCoordinateX`` in pixels of the tomogram; shifts in pixels (3.0) or angstrom (3.1).

    Unit: the pixel of the volume that was given; where the file says another for its subtomograms
    (:mod:`cryoal.io.picks.image_spacing`) it is asked for. Origin, axes: the middle of the first
    voxel is 0 (boxes that RELION 3.1.3 cut are equal voxel by voxel); x, y, z. Shifts: taken off;
    ``rlnOriginX`` in pixels of the subtomograms, ``rlnOriginXAngst`` in angstrom. Angles:
    ``rlnAngleRot``, Tilt, Psi as in :mod:`cryoal.io.picks.poses`.
    """

    name = "relion3"
    yields_to = ("relion5", "warp", "relion4", "pytom_star")

    @staticmethod
    def recognise_star(columns: StarTable, blocks: Mapping[str, StarTable]) -> str | None:
        """By pixel coordinates, when no newer format claims them."""
        if COORDINATES[0] not in columns:
            return None
        version = "3.1, data_optics" if "optics" in blocks else "3.0, no data_optics"
        return f"{COORDINATES[0]} ({version}) -> RELION 3, pixels of the tomogram"

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the pixel size of the tomogram.

        Raises
        ------
        PicksError
            The file's pixel size is another one, so that the unit is in doubt.
        """
        spacing = picks.coordinate_spacing
        if spacing is None:
            spacing = geometry.voxel_spacing
            image = image_spacing(picks, rows)
            if image is not None and np.any(np.abs(image - spacing) > SPACING_TOLERANCE * spacing):
                raise PicksError(
                    f"expected coordinates in pixels of the tomogram ({spacing:g} A), found "
                    f"subtomograms of {float(image[0]):g} A in {picks.path}: say in which of the "
                    "two the coordinates are (--coordinate-spacing)"
                )
        return picks.xyz(COORDINATES, rows) * spacing

    @staticmethod
    def shift(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64] | None:
        """``rlnOriginXAngst`` (3.1), else ``rlnOriginX`` in pixels of the subtomogram (3.0)."""
        spacing = picks.coordinate_spacing or geometry.voxel_spacing
        image = image_spacing(picks, rows) if has_pixel_origins(picks.columns) else None
        return origin_shift(picks, rows, np.full(len(rows), spacing) if image is None else image)
