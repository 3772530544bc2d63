"""A tomogram file, dropped on napari: an Image layer that reads what is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.errors import CryoALError, TomogramError
from cryoal.io.picks.names import clean_name
from cryoal.io.volumes.base import Told, frame_of
from cryoal.io.volumes.open import is_known, open_volume
from cryoal.napari_plugin.asking import ask_number
from cryoal.napari_plugin.levels import volume_levels
from cryoal.napari_plugin.units import units_here

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.io.volumes.base import Volume
    from cryoal.napari_plugin.reader import LayerData

__all__ = ["is_volume", "read_volume"]

GREYS = 3.0  # times the scatter, on both sides of the median
LOOKED_AT = 256  # voxels along y and x of the sections that tell it
UNKNOWN = 1.0  # angstrom: what programs write that do not know the spacing


def is_volume(path: Path) -> bool:
    """Whether `path` is of a format of volumes that we read, whole or not."""
    try:
        return is_known(path)
    except (CryoALError, OSError):
        return False


def read_volume(path: Path) -> list[LayerData]:
    """The Image layer of `path`; its world coordinates are angstrom, 0 the first voxel's centre.

    A voxel spacing that the header lacks, or has as 1, is asked for.

    Raises
    ------
    TomogramError
        It cannot be read, or nobody says its voxel spacing.
    """
    volume, told = _opened(path)
    shape, spacing = frame_of(volume)
    center, scatter = _greys(volume)
    levels = volume_levels(volume)
    is_multiscale = len(levels) > 1
    arguments: dict[str, Any] = {
        "name": clean_name(path.name),
        "multiscale": is_multiscale,
        "scale": (volume.voxel_spacing,) * 3,
        "axis_labels": ("z", "y", "x"),
        "contrast_limits": (center - GREYS * scatter, center + GREYS * scatter),
        "projection_mode": "mean",
        "metadata": {
            "cryoal_tomogram": clean_name(path.name),
            "cryoal_path": str(path),
            "cryoal_frame": (shape, spacing),
            "cryoal_told": told,
        },
        **units_here(),
    }
    return [(list(levels) if is_multiscale else levels[0], arguments, "image")]


def _opened(path: Path) -> tuple[Volume, float | None]:
    """The volume, and its voxel spacing where the user told it."""
    try:
        volume = open_volume(path)
    except TomogramError as error:
        if "--voxel-size" not in str(error) or "--level" in str(error):
            raise
        told = ask_number(f"{path.name} says no voxel spacing. Angstrom:", 10.0)
        if told is None:
            raise
        return open_volume(path, told=Told(voxel_spacing=told)), told
    if volume.voxel_spacing != UNKNOWN:
        return volume, None
    line = (
        f"{path.name} says 1 Å, which programs write that do not know the voxel spacing. Angstrom:"
    )
    told = ask_number(line, UNKNOWN)
    if told is None or told == UNKNOWN:
        return volume, None
    volume.close()
    return open_volume(path, told=Told(voxel_spacing=told)), told


def _greys(volume: Volume) -> tuple[float, float]:
    """Median and scatter of the middle of three sections; what is empty is left out."""
    z, y, x = volume.shape
    half = LOOKED_AT // 2
    low = (max(0, y // 2 - half), max(0, x // 2 - half))
    high = (min(y, y // 2 + half), min(x, x // 2 + half))
    looked = [
        volume.read((at, *low), (at + 1, *high)).astype(np.float64).ravel()
        for at in sorted({z // 4, z // 2, (3 * z) // 4})
    ]
    values = np.concatenate(looked)
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    center = float(np.median(values))
    scatter = 1.4826 * float(np.median(np.abs(values - center))) or float(values.std())
    return center, scatter or 1.0
