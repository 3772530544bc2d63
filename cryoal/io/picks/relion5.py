"""RELION 5: angstrom from the middle of the tomogram.

The middle is half the unbinned size, as a fraction (``particle_set.cpp``, ``tomogram_set.cpp`` of
5.0); without a tomograms STAR it is half the size of the volume that was given. RELION's own picker
(``get_particle_poses/particles.py``) and pytom-match-pick (``extract.py``, with RELION's metadata)
write coordinates from half the size minus one unbinned pixel, and RELION then reads them one pixel
further on. We read what RELION reads; ``--relion-centre half-1`` takes that pixel back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cryoal.errors import PicksError
from cryoal.io.picks.base import StarFormat
from cryoal.io.picks.star_columns import (
    CENTRED,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["Relion5"]


class Relion5(StarFormat):
    """``rlnCenteredCoordinateXAngst``: angstrom from the tomogram's middle.

    Unit: angstrom. Origin: half of ``rlnTomoSizeX`` and its like in unbinned pixels, as a fraction
    (``particle_set.cpp``, ``tomogram_set.cpp`` of 5.0), without a tomograms STAR half the volume;
    ``--relion-centre half-1`` for what RELION's own picker and pytom-match-pick write. Axes: x, y,
    z. Shifts and angles: those of RELION 4.
    """

    name = "relion5"
    switches: ClassVar[dict[str, tuple[str, ...]]] = {"relion_centre": ("half", "half-1")}

    @staticmethod
    def recognise_star(columns: StarTable, blocks: Mapping[str, StarTable]) -> str | None:
        """By its column, which no other format has."""
        del blocks
        return f"{CENTRED[0]} -> RELION 5" if CENTRED[0] in columns else None

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The centred ones."""
        del columns
        return CENTRED

    @staticmethod
    def notes(picks: Picks, rows: NDArray[np.int64], geometry: Geometry) -> Sequence[str]:
        """Where pytom-match-pick has written the coordinates, from whichever middle."""
        del rows, geometry
        if "rlnLCCmax" not in picks.columns or "relion_centre" in picks.switches:
            return ()
        return [
            "pytom-match-pick wrote these from half the size less one pixel of the tilt series, if "
            "it knew RELION's metadata: --relion-centre half-1 takes it back, half says it is right"
        ]

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """The middle added.

        Raises
        ------
        PicksError
            ``--relion-centre half-1``, and nothing says the pixel of the tilt series.
        """
        middle = geometry.extent_zyx_angstrom / 2
        if picks.switch("relion_centre") != "half":
            if geometry.unbinned_spacing is None:
                raise PicksError(
                    "expected rlnTomoTiltSeriesPixelSize for --relion-centre half-1, found none "
                    f"for {picks.path}: give the tomograms STAR (--tomograms)"
                )
            middle = middle - geometry.unbinned_spacing
        return picks.xyz(CENTRED, rows) * (picks.coordinate_spacing or 1.0) + middle
