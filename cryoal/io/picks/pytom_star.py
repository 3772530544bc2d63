"""pytom-match-pick's lists: voxels of the tomogram that was searched, whose size they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.io.picks.base import StarFormat
from cryoal.io.picks.numbers import positives
from cryoal.io.picks.star_columns import COORDINATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["PytomStar"]

SPACING = "rlnDetectorPixelSize"
MARKS = ("rlnLCCmax", "rlnDetectorPixelSize")


class PytomStar(StarFormat):
    """pytom-match-pick: ``rlnCoordinateX`` in voxels of ``rlnDetectorPixelSize`` angstrom.

    Unit, origin, axes: the index of each peak in the volume that was searched, x, y, z from 0 at
    the middle of the first voxel, and that volume's spacing (``extract.py`` of 0.13): so a list is
    right for a tomogram of any binning. Shifts: none. Angles: RELION's (the same file turns its own
    into them). Tomogram: ``rlnMicrographName``, the file searched without its suffix. With
    ``--relion5-compat`` the columns are RELION 5's (:mod:`cryoal.io.picks.relion5`).
    """

    name = "pytom_star"

    @staticmethod
    def recognise_star(columns: StarTable, blocks: Mapping[str, StarTable]) -> str | None:
        """By its score beside its voxel spacing, which no magnification makes micrometers."""
        del blocks
        if not all(label in columns for label in (COORDINATES[0], *MARKS)):
            return None
        if "rlnMagnification" in columns:
            return None
        return f"{' and '.join(MARKS)} -> pytom-match-pick, voxels of {SPACING}"

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the spacing of the volume that was searched."""
        del geometry
        voxel = picks.xyz(COORDINATES, rows)
        if picks.coordinate_spacing is not None:
            return voxel * picks.coordinate_spacing
        return voxel * positives(picks, SPACING, rows)[:, None]
