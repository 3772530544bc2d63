"""The missing wedge: which Fourier coefficients a tilt series about y measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["measured"]


def measured(depth: int, width: int, voxel_spacing: float, tilt_range: float) -> NDArray[np.bool_]:
    """``(depth, width // 2 + 1)`` over k_z and k_x as ``rfftn`` orders them; any k_y.

    A projection at tilt t fills the plane through the y axis at angle t from x, so that tilts of
    +- `tilt_range` degrees measure ``|k_z| <= tan(tilt_range) |k_x|``.
    """
    k_z = np.abs(np.fft.fftfreq(depth, voxel_spacing))
    k_x = np.fft.rfftfreq(width, voxel_spacing)
    kept: NDArray[np.bool_] = k_z[:, None] <= np.tan(np.radians(tilt_range)) * k_x + 1e-9
    return kept
