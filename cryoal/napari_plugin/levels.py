"""A tomogram as napari likes it: lazy arrays of several resolutions."""

from __future__ import annotations

import secrets
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np

from cryoal.campaign.thumbnails import WINDOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.io.volumes.base import Volume

__all__ = ["OpenTomogram", "open_tomogram", "tomogram_layer", "volume_levels"]

CHUNK = (8, 256)  # sections and rows, whole rows: one read a section of an MRC file
SMALL = 512  # voxels along y and x of the coarsest level


@dataclass(frozen=True)
class OpenTomogram:
    """An open file, and its voxels as float32; the first level is the file itself."""

    record: TomogramRecord
    volume: Volume
    levels: tuple[da.Array, ...]

    def close(self) -> None:
        """Let go of the file; its arrays cannot be computed any more."""
        self.volume.close()


def open_tomogram(record: TomogramRecord) -> OpenTomogram:
    """The tomogram of `record`, of which nothing but the header is read yet.

    Raises
    ------
    TomogramError
        The file is not where it was, is another one, or cannot be read.
    """
    volume = record.open()
    return OpenTomogram(record, volume, volume_levels(volume))


def volume_levels(volume: Volume) -> tuple[da.Array, ...]:
    """The voxels of `volume` as float32, and coarser ones; read as they are looked at.

    The file is closed when the last of the arrays is gone: layers go away without telling.
    """
    source = _Source(volume)
    weakref.finalize(source, volume.close)
    return tuple(_levels(source))


def tomogram_layer(opened: OpenTomogram) -> tuple[da.Array | list[da.Array], dict[str, Any]]:
    """Data and keyword arguments of its Image layer; world coordinates are angstrom.

    Grey is that of the cards, and particles are light: the contrast limits are the same window in
    units of the tomogram's noise.
    """
    record = opened.record
    is_white = record.density == "white"
    low, high = WINDOW if is_white else (-WINDOW[1], -WINDOW[0])
    is_multiscale = len(opened.levels) > 1
    return list(opened.levels) if is_multiscale else opened.levels[0], {
        "name": record.name,
        "multiscale": is_multiscale,
        "scale": (record.voxel_spacing,) * 3,
        "axis_labels": ("z", "y", "x"),
        "contrast_limits": (
            record.center + low * record.scale,
            record.center + high * record.scale,
        ),
        "colormap": "gray" if is_white else "gray_r",
        "projection_mode": "mean",
        "metadata": {"cryoal_tomogram": record.name},
    }


@dataclass(frozen=True, eq=False)
class _Source:
    """What the arrays hold on to: once it is gone nobody reads any more."""

    volume: Volume

    def read(self, block_info: Any = None) -> NDArray[np.float32]:
        """The block that dask asks for."""
        ends = block_info[None]["array-location"]
        block = self.volume.read([start for start, _ in ends], [stop for _, stop in ends])
        return block.astype(np.float32, copy=False)


def _levels(source: _Source) -> list[da.Array]:
    """The file, then half the resolution in y and x again and again.

    z stays as it is: a slab is then the same sections at every level, and tomograms are thin.
    """
    z, y, x = source.volume.shape
    chunks = (_pieces(z, CHUNK[0]), _pieces(y, CHUNK[1]), (x,))
    levels = [
        da.map_blocks(
            source.read,
            chunks=chunks,
            dtype=np.float32,
            meta=np.empty((0, 0, 0), np.float32),
            name=f"tomogram-{secrets.token_hex(8)}",
        )
    ]
    while max(levels[-1].shape[1:]) > SMALL:
        levels.append(da.coarsen(np.mean, levels[-1], {1: 2, 2: 2}, trim_excess=True))
    return levels


def _pieces(length: int, largest: int) -> tuple[int, ...]:
    full, rest = divmod(length, largest)
    return (largest,) * full + ((rest,) if rest else ())
