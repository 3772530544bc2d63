"""OME-Zarr images (Zarr v2 and v3): one level, the finest or another, read chunk by chunk."""

from __future__ import annotations

import math
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from cryoal.errors import TomogramError
from cryoal.foreign import foreign
from cryoal.io.volumes.base import (
    Level,
    Told,
    Volume,
    VolumeFormat,
    check_box,
)
from cryoal.io.volumes.ome_metadata import (
    Axes,
    ZarrLevel,
    array_axes,
    image_levels,
    sole_image,
)
from cryoal.io.volumes.spacing import settle_spacing
from cryoal.io.volumes.zarr_chunks import count_absent
from cryoal.io.volumes.zarr_levels import choose_level, level_in_frame, level_spacing, zyx_order
from cryoal.io.volumes.zarr_metadata import is_zarr, read_node, require_array, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from io import FileIO
    from pathlib import Path
    from typing import Self

    import zarr
    from numpy.typing import NDArray
    from zarr.abc.store import Store

    from cryoal.io.volumes.zarr_metadata import Folder

__all__ = ["OmeZarr", "ZarrVolume", "open_folder"]


class OmeZarr(VolumeFormat):
    """OME-Zarr images, and lone Zarr arrays."""

    name = "OME-Zarr"
    has_levels = True
    suffixes = (".zarr",)

    @override
    @staticmethod
    def recognise(path: Path, head: bytes) -> bool:
        return not head and is_zarr(path)

    @override
    @staticmethod
    def open(path: Path, file: FileIO | None, told: Told) -> Volume:
        return open_folder(path, path, told)


class ZarrVolume:
    """One array of a Zarr store; see :class:`cryoal.io.volumes.base.Volume`.

    `order` are the axes of the array that run along z, y, x; the others are of length 1.
    """

    def __init__(
        self,
        path: Path,
        array: zarr.Array[Any],
        order: Sequence[int],
        voxel_spacing: float,
        level: Level | None,
        notes: Sequence[str],
        store: Store | None,
    ) -> None:
        z, y, x = (array.shape[axis] for axis in order)
        self.path = path
        self.shape = (z, y, x)
        self.dtype: np.dtype[Any] = np.dtype(array.dtype).newbyteorder("=")
        self.voxel_spacing = voxel_spacing
        self.level = level
        self.notes = tuple(notes)
        z, y, x = (array.chunks[axis] for axis in order)
        self.grain = (z, y, x)
        """Voxels of the chunks that are decoded as a whole, along z, y, x."""
        self._order = tuple(order)
        self._array: zarr.Array[Any] | None = array
        self._store = store

    def read(self, start_zyx: Sequence[int], stop_zyx: Sequence[int]) -> NDArray[Any]:
        """A copy of the voxels between two corners; see :class:`cryoal.io.volumes.base.Volume`."""
        start, stop = check_box(self.path, self.shape, start_zyx, stop_zyx)
        if self._array is None:
            raise TomogramError(f"expected an open tomogram, found {self.path} closed")
        box: list[Any] = [0] * self._array.ndim
        for axis, a, b in zip(self._order, start, stop, strict=True):
            box[axis] = slice(a, b)
        with foreign(self.path, "whole chunks", TomogramError):
            found = np.asarray(self._array[tuple(box)])  # the axes of length 1 are gone
        turned = found.transpose(np.argsort(np.argsort(self._order)))
        return np.ascontiguousarray(turned, dtype=self.dtype)

    def close(self) -> None:
        """Let go of the array, and of the archive around it."""
        self._array = None
        if self._store is not None:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_folder(
    path: Path, folder: Folder, told: Told, store: Callable[[], Store] | None = None
) -> ZarrVolume:
    """The level that is `told` of the OME-Zarr image, or the lone array, in `folder`.

    Parameters
    ----------
    path
        What the user gave: `folder` itself, or the archive that it is in.
    store
        Opens the archive.

    Raises
    ------
    TomogramError
        No Zarr, no image, no such level, more than one channel or time, axes that nobody names, no
        voxel spacing, or an array that :func:`~cryoal.io.volumes.zarr_metadata.require_array`
        refuses.
    """
    notes: list[str] = []
    with foreign(path, "the metadata of an OME-Zarr image", TomogramError):
        levels = _levels(path, folder, notes)
        chosen = choose_level(path, levels, told)
        order = zyx_order(path, chosen, told, notes)
    require_array(chosen.folder, chosen.node)
    import zarr

    opened = store() if store is not None else None
    try:
        with foreign(str(chosen.folder), "a Zarr array", TomogramError):
            # of this folder: what a group may keep of the metadata of its arrays was not looked at
            array = zarr.open_array(
                opened or str(chosen.folder),
                path=chosen.folder.at.strip("/") if isinstance(chosen.folder, zipfile.Path) else "",
                mode="r",
                zarr_format=chosen.node.version,
            )
            fill = array.fill_value
        if np.dtype(array.dtype).kind not in "iuf":
            raise TomogramError(f"expected a volume of real numbers, found {array.dtype} in {path}")
        stored = array.shards or array.chunks
        if n_absent := count_absent(chosen.folder, chosen.node, array.shape, stored):
            n_chunks = math.prod(-(-n // c) for n, c in zip(array.shape, stored, strict=True))
            notes.append(
                f"{n_absent} of {n_chunks} chunks are absent and read as {fill}: empty, or "
                "an unfinished copy"
            )
        spacing, unit = level_spacing(chosen, order, told)
        settled, said = settle_spacing(path, spacing, told.voxel_spacing, unit)
        level = None
        if chosen is not levels[0]:
            level = level_in_frame(levels[0], chosen, order, settled)
            shown = ", ".join(each.name for each in levels)
            said.append(f"level {chosen.name} of {shown} is read, {settled:.6g} A")
        elif chosen.translation.any():
            said.append("a translation of the whole image is not applied to coordinates")
        return ZarrVolume(path, array, order, settled, level, [*notes, *said], opened)
    except BaseException:
        if opened is not None:
            opened.close()
        raise


def _levels(path: Path, folder: Folder, notes: list[str]) -> list[ZarrLevel]:
    """Those of the image, the finest first; of a lone array the one."""
    node = read_node(folder)
    if node is None:
        raise TomogramError(f"expected an OME-Zarr directory, found no Zarr in {path}")
    if node.kind == "group":
        return image_levels(*sole_image(folder, node, notes), notes)
    names, shape = array_axes(node), tuple(shape_of(folder, node))
    axes = None if names is None else Axes(names, (None,) * len(names))
    return [ZarrLevel("", folder, node, shape, axes, None, np.zeros(len(shape)))]
