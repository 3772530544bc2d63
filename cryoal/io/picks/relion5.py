"""RELION 5: angstrom from the middle of the tomogram.

The middle is half the unbinned size, as a fraction (``particle_set.cpp``, ``tomogram_set.cpp``);
without a tomograms STAR it is half the size of the volume that was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.base import StarFormat
from cryoal.io.picks.star_columns import (
    CENTRED,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["Relion5"]

MISFIT = 2  # voxels by which a reconstruction may differ from the unbinned size: programs round


class Relion5(StarFormat):
    """``rlnCenteredCoordinateXAngst``: angstrom from the tomogram's middle."""

    name = "relion5"

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
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """The middle added.

        Raises
        ------
        PicksError
            The volume does not have the size that the tomograms STAR says: the middle would be
            another one.
        """
        extent = geometry.extent_zyx_angstrom
        expected = extent / geometry.voxel_spacing
        if np.any(np.abs(expected - geometry.shape) > np.maximum(MISFIT, 0.01 * expected)):
            z, y, x = (round(n) for n in expected)
            raise PicksError(
                f"expected a tomogram of {x} x {y} x {z} voxels of {geometry.voxel_spacing:g} A "
                f"by the tomograms STAR {picks.tomograms_path or f'of {picks.path}'}, found "
                f"{' x '.join(str(n) for n in reversed(geometry.shape))}: another tomogram, or a "
                "wrong voxel spacing"
            )
        return picks.xyz(CENTRED, rows) + extent / 2
