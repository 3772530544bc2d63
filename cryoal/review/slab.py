"""A square of a tomogram about one box, as grey as the box itself is drawn."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np

from cryoal.data.density import sign
from cryoal.data.normalise import normalise
from cryoal.data.tomogram import voxel_of
from cryoal.review.view import to_grey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.io.volumes.base import Volume

__all__ = ["MOST_PIXELS", "as_jpeg", "grey_slab"]

MOST_PIXELS = 240  # of a picture's edge; noise costs a byte for every two pixels
QUALITY = 70  # JPEG: 7 KB for 160 pixels of noise; 80 looks the same and costs 2 KB more


def grey_slab(
    volume: Volume,
    record: TomogramRecord,
    position_zyx_angstrom: NDArray[np.float64],
    *,
    edge: int,
    thickness: int,
) -> NDArray[np.uint8]:
    """The mean of `thickness` sections about a position, ``(n, n)``, y downwards, x to the right.

    As wide as `edge` voxels, of which no more than :data:`MOST_PIXELS` pixels are made. Only the
    voxels of the picture are read; ice of mean density stands where the tomogram ends, and where a
    voxel is no number.
    """
    size = np.array([thickness, edge, edge])
    start = voxel_of(volume, position_zyx_angstrom) - size // 2
    low, high = np.clip(start, 0, volume.shape), np.clip(start + size, 0, volume.shape)
    scores = np.zeros((edge, edge), np.float32)
    if (high > low).all():
        slab = volume.read(low.tolist(), high.tolist())
        factor = np.full(len(slab), sign(record.density) / record.scale)
        normal = normalise(slab, np.full(len(slab), record.center), factor)
        (top, left), (bottom, right) = (low - start)[1:], (high - start)[1:]
        scores[top:bottom, left:right] = np.nan_to_num(normal, copy=False).mean(axis=0)
    grey = to_grey(scores)
    return grey if edge <= MOST_PIXELS else _smaller(grey)


def as_jpeg(grey: NDArray[np.uint8]) -> str:
    """A picture as the ``data:`` URI of a JPEG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _smaller(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from PIL import Image

    image = Image.fromarray(grey).resize((MOST_PIXELS, MOST_PIXELS), Image.Resampling.BOX)
    return np.asarray(image)
