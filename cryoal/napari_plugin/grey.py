"""Grey pixels as an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtGui import QImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["grey_image"]


def grey_image(slab: NDArray[np.uint8]) -> QImage:
    """A slab as an image that owns its pixels."""
    height, width = slab.shape
    pixels = np.ascontiguousarray(slab)
    return QImage(pixels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
