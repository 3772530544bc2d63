"""A tomogram under its name: statistics of its voxels, and boxes cut around positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.statistics import Statistics, robust_statistics
from cryoal.io.volumes.base import frame_of
from cryoal.io.volumes.open import open_volume, suffixes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.given import Given
    from cryoal.io.volumes.base import Told, Volume

__all__ = ["Tomogram", "laid_over", "nearest_voxel", "place_in", "voxel_of"]


FARTHEST = 2**62  # voxels: what is farther away is no integer of 64 bits


@dataclass(frozen=True)
class Tomogram:
    """An opened tomogram; a context manager that closes its file."""

    name: str
    path: Path
    volume: Volume

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        name: str | None = None,
        voxel_spacing: float | None = None,
        scratch: Path | None = None,
        told: Told | None = None,
    ) -> Tomogram:
        """The tomogram in `path`, called `name` or else by its file name without suffixes.

        `voxel_spacing` (angstrom), `scratch` and `told` are those of
        :func:`cryoal.io.volumes.open.open_volume`, which says what may be wrong with a file.
        """
        volume = open_volume(path, voxel_spacing=voxel_spacing, scratch=scratch, told=told)
        return cls(_stem(path) if name is None else name, path, volume)

    def __enter__(self) -> Tomogram:
        return self

    def __exit__(self, *error: object) -> None:
        self.volume.close()

    def statistics(self, given: Given | None = None) -> Statistics:
        """Median and robust scale of its specimen (see :func:`robust_statistics`)."""
        return robust_statistics(self.volume, given=given)

    def cut(
        self, position_zyx_angstrom: NDArray[np.float64], box: int, fill: float
    ) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Boxes around positions, and which share of each lies inside the tomogram.

        Parameters
        ----------
        position_zyx_angstrom
            ``(n, 3)``; 0 is the centre of the first voxel. The voxel nearest to a position becomes
            voxel ``box // 2`` of its box along each axis.
        fill
            Value of voxels outside the tomogram, rounded where voxels are whole numbers.

        Returns
        -------
        boxes
            ``(n, box, box, box)`` in the tomogram's own dtype; axes z, y, x.
        inside_fraction
            ``(n,)`` float32 in [0, 1].
        """
        dtype = self.volume.dtype
        filled = round(fill) if dtype.kind in "iu" else fill
        start = voxel_of(self.volume, position_zyx_angstrom) - box // 2
        low = np.clip(start, 0, self.volume.shape)
        high = np.clip(start + box, 0, self.volume.shape)
        inside = np.prod((high - low) / box, axis=1)
        boxes = np.full((len(start), box, box, box), filled, dtype)
        for target, corner, first, last in zip(boxes, start, low, high, strict=True):
            if (last > first).all():
                z, y, x = (slice(a, b) for a, b in zip(first - corner, last - corner, strict=True))
                target[z, y, x] = self.volume.read(first.tolist(), last.tolist())
        return boxes, inside.astype(np.float32)


def voxel_of(volume: Volume, position_zyx_angstrom: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the voxel of `volume` that is nearest to each position, ``(n, 3)`` or ``(3,)``.

    Positions are in the frame of the finest level of a file, whichever level was opened.
    """
    return nearest_voxel(place_in(volume, position_zyx_angstrom), 1.0)


def place_in(
    volume: Volume,
    position_zyx_angstrom: NDArray[np.float64],
    finest_spacing: float | None = None,
) -> NDArray[np.float64]:
    """Positions in voxels of `volume`, whichever level of its file was opened.

    `finest_spacing` is that of the finest level where the tables of picks know it better than the
    file, whose header may be rounded.
    """
    factor = 1.0 if finest_spacing is None else finest_spacing / frame_of(volume)[1]
    if volume.level is not None:
        offset = np.array(volume.level.offset_zyx) * factor
        position_zyx_angstrom = position_zyx_angstrom - offset
    return np.asarray(position_zyx_angstrom / (volume.voxel_spacing * factor))


def laid_over(
    volume: Volume, offset_zyx: tuple[float, float, float], position: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Positions of one tomogram in another one whose voxels are the same, in the frame of that.

    `offset_zyx` is where the first begins (angstrom), `volume` is the other, wherever that begins.
    """
    begins = np.zeros(3) if volume.level is None else np.array(volume.level.offset_zyx)
    return np.asarray(position - np.array(offset_zyx) + begins)


def nearest_voxel(
    position_zyx_angstrom: NDArray[np.float64], voxel_spacing: float
) -> NDArray[np.int64]:
    """Index of the voxel whose centre is nearest; halves go up, whichever the neighbour.

    Examples
    --------
    >>> nearest_voxel(np.array([0.0, 4.9, 5.0, 15.0, -5.1]), 10.0).tolist()
    [0, 0, 1, 2, -1]
    """
    # floor(x + 0.5): round() takes halves to the even neighbour, half of them the other way
    nearest = np.floor(position_zyx_angstrom / voxel_spacing + 0.5)
    return np.clip(nearest, -FARTHEST, FARTHEST).astype(np.int64)


def _stem(path: Path) -> str:
    name = path.name
    for endings in ((".gz", ".bz2"), suffixes()):
        for suffix in endings:
            if name.lower().endswith(suffix) and len(name) > len(suffix):
                name = name[: -len(suffix)]
                break
    return name
