"""What a coordinate convention may need to know of a tomogram, and where particles are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Geometry", "Located"]


@dataclass(frozen=True)
class Geometry:
    """What a coordinate convention may need to know of one tomogram.

    `shape` is z, y, x in voxels of `voxel_spacing` angstrom. The unbinned ones are those of the
    tilt series (rlnTomoSizeX and its like, rlnTomoTiltSeriesPixelSize), None where no file
    says them.
    """

    shape: tuple[int, int, int]
    voxel_spacing: float
    unbinned_size_xyz: tuple[float, float, float] | None = None
    unbinned_spacing: float | None = None

    @property
    def extent_zyx_angstrom(self) -> NDArray[np.float64]:
        """Size of the box that was reconstructed, unbinned where that is known."""
        if self.unbinned_size_xyz is None or self.unbinned_spacing is None:
            return np.asarray(self.shape, np.float64) * self.voxel_spacing
        return np.asarray(self.unbinned_size_xyz[::-1], np.float64) * self.unbinned_spacing


@dataclass(frozen=True)
class Located:
    """Picks of one tomogram in angstrom, ``(n, 3)`` float64 in z, y, x; 0 is the first voxel.

    `coordinate_zyx_angstrom` is what the coordinate columns say; `position_zyx_angstrom` is where
    the particle is, after the origin shift that refinement has found. `notes` say what the user
    should hear of it.
    """

    position_zyx_angstrom: NDArray[np.float64]
    coordinate_zyx_angstrom: NDArray[np.float64]
    notes: tuple[str, ...] = ()
