"""OME-Zarr images (Zarr v2 and v3): the level of full resolution, read chunk by chunk."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from cryoal.errors import TomogramError
from cryoal.foreign import foreign
from cryoal.io.volumes.base import Volume, VolumeFormat, Wanted, check_box, settle_spacing
from cryoal.io.volumes.zarr_metadata import Node, is_zarr, read_node, require_array, shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO
    from pathlib import Path
    from typing import Self

    import zarr
    from numpy.typing import NDArray

__all__ = ["OmeZarr", "ZarrVolume", "open_zarr"]

ANGSTROM = {"angstrom": 1.0, "nanometer": 10.0, "picometer": 0.01, "micrometer": 1e4}
CHUNK_FILE = re.compile(r"(c[./])?\d+([./]\d+)*")


class OmeZarr(VolumeFormat):
    """OME-Zarr images, and lone Zarr arrays."""

    name = "OME-Zarr"
    suffixes = (".zarr",)

    @override
    @staticmethod
    def recognise(path: Path, head: bytes) -> bool:
        return not head and is_zarr(path)

    @override
    @staticmethod
    def open(path: Path, file: FileIO | None, wanted: Wanted) -> Volume:
        return open_zarr(path, voxel_spacing=wanted.voxel_spacing)


class ZarrVolume:
    """One array of a Zarr store; see :class:`cryoal.io.volumes.base.Volume`.

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
        """A copy of the voxels between two corners; see :class:`cryoal.io.volumes.base.Volume`."""
        start, stop = check_box(self.path, self.shape, start_zyx, stop_zyx)
        if self._array is None:
            raise TomogramError(f"expected an open tomogram, found {self.path} closed")
        box: Any = (*self._lead, *(slice(a, b) for a, b in zip(start, stop, strict=True)))
        with foreign(self.path, "whole chunks", TomogramError):
            return np.ascontiguousarray(self._array[box], dtype=self.dtype)

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
        No Zarr, no image, more than one channel or time, other axes, no voxel spacing, or an array
        that :func:`~cryoal.io.volumes.zarr_metadata.require_array` refuses.
    """
    node = read_node(path)
    if node is None:
        raise TomogramError(f"expected an OME-Zarr directory, found no Zarr in {path}")
    notes: list[str] = []
    image = _Image(path, node, ["z", "y", "x"], (0.0, 0.0, 0.0))
    if node.kind == "group":
        with foreign(path, "the metadata of an OME-Zarr image", TomogramError):
            image = _full_resolution(path, node, notes)
    require_array(image.path, image.node)
    import zarr

    with foreign(image.path, "a Zarr array", TomogramError):
        # of this folder: what a group may keep of the metadata of its arrays was not looked at
        array = zarr.open_array(image.path, mode="r", zarr_format=image.node.version)
        fill = array.fill_value
    lead = array.ndim - 3
    axes = image.axes
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
    stored = array.shards or array.chunks
    n_chunks = math.prod(-(-n // c) for n, c in zip(array.shape, stored, strict=True))
    if (n_present := _count_chunks(image.path)) == 0:
        raise TomogramError(f"expected {n_chunks} chunks of voxels, found none of them in {path}")
    if n_present < n_chunks:
        notes.append(
            f"{n_chunks - n_present} of {n_chunks} chunks are absent and read as {fill}: empty, or "
            "an unfinished copy"
        )
    settled, said = settle_spacing(path, image.spacing_zyx, voxel_spacing)
    return ZarrVolume(path, array, lead, settled, [*notes, *said])


@dataclass(frozen=True)
class _Image:
    """An array, what its axes are called, and its voxel spacing in angstrom (0: unknown)."""

    path: Path
    node: Node
    axes: list[str]
    spacing_zyx: tuple[float, float, float]


def _full_resolution(path: Path, group: Node, notes: list[str]) -> _Image:
    """The largest level of the first image."""
    attributes = group.attributes
    images = attributes.get("ome", attributes).get("multiscales", [])
    levels = [level for image in images[:1] for level in image.get("datasets", [])]
    if not levels:
        inside = ", ".join(sorted(p.name for p in path.iterdir() if p.is_dir())[:4]) or "nothing"
        raise TomogramError(
            f"expected an OME-Zarr image (multiscales), found a group of {inside}: {path}"
        )
    if len(images) > 1:
        notes.append(f"the first of {len(images)} images in the file is read")
    found = []
    for level in levels:
        folder = _inside(path, level["path"])
        node = read_node(folder)
        if node is None or node.kind != "array":
            raise TomogramError(f"expected level {level['path']!r} in {path}, found no array there")
        found.append((shape_of(folder, node), folder, node, level))
    shape, folder, node, level = max(found, key=lambda each: math.prod(each[0]))
    n_axes = len(shape)
    axes: list[Any] = images[0].get("axes", ["t", "c", "z", "y", "x"][-n_axes:])
    names = [str(axis["name"]) if isinstance(axis, dict) else str(axis) for axis in axes]
    units = [axis.get("unit") if isinstance(axis, dict) else None for axis in axes][-3:]
    scale = np.ones(n_axes)
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
        return _Image(folder, node, names, (0.0, 0.0, 0.0))
    z, y, x = (float(s) * ANGSTROM[str(u)] for s, u in zip(scale[-3:], units, strict=True))
    return _Image(folder, node, names, (z, y, x))


def _inside(path: Path, name: object) -> Path:
    """The folder of a level, which is in the image."""
    parts = name.strip("/").split("/") if isinstance(name, str) else []
    if not parts or any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise TomogramError(f"expected the path of a level inside {path}, found {name!r}")
    return path.joinpath(*parts)


def _count_chunks(path: Path) -> int:
    """Files in the folder of an array that are called as chunks are."""
    count = 0
    for folder, _, files in os.walk(path):
        inner = os.path.relpath(folder, path)
        start = "" if inner == os.curdir else f"{inner}/"
        count += sum(CHUNK_FILE.fullmatch(start + file) is not None for file in files)
    return count
