"""OME-Zarr images (Zarr v2 and v3): the level of full resolution, read chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import zarr

from cryoal.errors import TomogramError
from cryoal.io.volume import check_box, settle_spacing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

__all__ = ["ZarrVolume", "open_zarr"]

ANGSTROM = {"angstrom": 1.0, "nanometer": 10.0, "picometer": 0.01, "micrometer": 1e4}


class ZarrVolume:
    """One array of a Zarr store; see :class:`cryoal.io.volume.Volume`.

    `lead` is the number of axes of length 1 before z (time, channel).
    """

    def __init__(
        self,
        path: Path,
        array: zarr.Array[Any],
        lead: int,
        voxel_spacing: float,
        notes: Sequence[str],
    ) -> None:
        z, y, x = array.shape[lead:]
        self.path = path
        self.shape = (z, y, x)
        self.dtype: np.dtype[Any] = np.dtype(array.dtype).newbyteorder("=")
        self.voxel_spacing = voxel_spacing
        self.notes = tuple(notes)
        self._lead = (0,) * lead  # before z, y, x
        self._array: zarr.Array[Any] | None = array

    def read(self, start_zyx: Sequence[int], stop_zyx: Sequence[int]) -> NDArray[Any]:
        """A copy of the voxels between two corners; see :class:`cryoal.io.volume.Volume`."""
        start, stop = check_box(self.path, self.shape, start_zyx, stop_zyx)
        if self._array is None:
            raise TomogramError(f"expected an open tomogram, found {self.path} closed")
        box: Any = (*self._lead, *(slice(a, b) for a, b in zip(start, stop, strict=True)))
        try:
            read = self._array[box]
        except (OSError, ValueError, RuntimeError) as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise TomogramError(f"expected whole chunks in {self.path}, found: {said}") from error
        return np.ascontiguousarray(read, dtype=self.dtype)

    def close(self) -> None:
        """Let go of the array."""
        self._array = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_zarr(path: Path, *, voxel_spacing: float | None = None) -> ZarrVolume:
    """The full-resolution level of the OME-Zarr image, or the lone array, in directory `path`.

    Raises
    ------
    TomogramError
        No Zarr, no image, more than one channel or time, other axes, or no voxel spacing.
    """
    try:
        node = zarr.open(path, mode="r")
    except (OSError, ValueError, KeyError) as error:
        raise TomogramError(
            f"expected an MRC file or an OME-Zarr directory, found no Zarr in {path}"
        ) from error
    notes: list[str] = []
    if isinstance(node, zarr.Array):
        array, axes, spacing = node, ["z", "y", "x"], (0.0, 0.0, 0.0)
    else:
        try:
            array, axes, spacing = _full_resolution(path, node, notes)
        except (AttributeError, KeyError, IndexError, TypeError) as error:
            raise TomogramError(
                f"expected the metadata of an OME-Zarr image, found it damaged in {path}: {error!r}"
            ) from error
    lead = array.ndim - 3
    if array.ndim != len(axes) or axes[lead:] != ["z", "y", "x"]:
        raise TomogramError(
            f"expected axes z, y, x, found {', '.join(axes)} for shape {array.shape} in {path}"
        )
    if any(n != 1 for n in array.shape[:lead]):
        raise TomogramError(
            f"expected one volume, found shape {array.shape} along {', '.join(axes)} in {path}"
        )
    if np.dtype(array.dtype).kind not in "iuf":
        raise TomogramError(f"expected a volume of real numbers, found {array.dtype} in {path}")
    if (n_present := array.nchunks_initialized) < array.nchunks:
        notes.append(
            f"{array.nchunks - n_present} of {array.nchunks} chunks are absent and read as "
            f"{array.fill_value}: empty, or an unfinished copy"
        )
    settled, said = settle_spacing(path, spacing, voxel_spacing)
    return ZarrVolume(path, array, lead, settled, [*notes, *said])


def _full_resolution(
    path: Path, group: zarr.Group, notes: list[str]
) -> tuple[zarr.Array[Any], list[str], tuple[float, float, float]]:
    """The largest level, the names of its axes, and its voxel spacing in z, y, x (0: unknown)."""
    attributes: Mapping[str, Any] = dict(group.attrs)
    images = attributes.get("ome", attributes).get("multiscales", [])
    levels = [level for image in images[:1] for level in image.get("datasets", [])]
    if not levels:
        inside = ", ".join(sorted(group)[:4]) or "nothing"
        raise TomogramError(
            f"expected an OME-Zarr image (multiscales), found a group of {inside}: {path}"
        )
    if len(images) > 1:
        notes.append(f"the first of {len(images)} images in the file is read")
    found = []
    for level in levels:
        array = group.get(level["path"])
        if not isinstance(array, zarr.Array):
            raise TomogramError(f"expected level {level['path']!r} in {path}, found no array there")
        found.append((array, level))
    array, level = max(found, key=lambda pair: pair[0].size)
    axes: list[Any] = images[0].get("axes", ["t", "c", "z", "y", "x"][-array.ndim :])
    names = [axis["name"] if isinstance(axis, dict) else str(axis) for axis in axes]
    units = [axis.get("unit") if isinstance(axis, dict) else None for axis in axes][-3:]
    scale = np.ones(array.ndim)
    is_scaled = False
    for transforms in (
        level.get("coordinateTransformations", []),
        images[0].get("coordinateTransformations", []),
    ):
        for transform in transforms:
            if transform.get("type") == "scale":
                scale = scale * np.asarray(transform["scale"], np.float64)
                is_scaled = True
            elif transform.get("type") == "translation" and any(transform["translation"][-3:]):
                notes.append("a translation in the metadata is not applied to coordinates")
    if not is_scaled or any(unit not in ANGSTROM for unit in units):
        shown = ", ".join(str(unit) for unit in units)
        notes.append(f"no voxel spacing in the metadata (units of z, y, x: {shown})")
        return array, names, (0.0, 0.0, 0.0)
    z, y, x = (float(s) * ANGSTROM[str(u)] for s, u in zip(scale[-3:], units, strict=True))
    return array, names, (z, y, x)
