"""HDF5 volumes of EMAN2, and of IMOD, which writes the same layout.

``/MDF/images/0/image`` is z, y, x; the group has ``EMAN.apix_x`` and its like in angstrom. Where
``EMAN.stored_renderbits`` is above 0 the voxels are whole numbers that stand for ``rendermin`` up
to ``rendermax``, and are turned back. Source: ``libEM/io/hdfio2.cpp`` of EMAN2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from cryoal.errors import TomogramError
from cryoal.foreign import foreign
from cryoal.io.volumes.base import Told, Volume, VolumeFormat, check_box
from cryoal.io.volumes.extra import require_extra
from cryoal.io.volumes.raw import LARGEST_AXIS
from cryoal.io.volumes.spacing import settle_spacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from cryoal.io.volumes.base import Level

__all__ = ["Eman2"]

IMAGES = "/MDF/images"


class Eman2(VolumeFormat):
    """HDF5 with EMAN2's groups."""

    name = "EMAN2 HDF5"
    suffixes = (".hdf", ".h5", ".hdf5")

    @override
    @staticmethod
    def recognise(path: Path, head: bytes) -> bool:
        return head.startswith(b"\x89HDF\r\n\x1a\n")

    @override
    @staticmethod
    def open(path: Path, file: FileIO | None, told: Told) -> Volume:
        if file is not None:
            file.close()  # HDF5 opens files itself
        h5py = require_extra("h5py", "HDF5", path)
        with foreign(path, "an HDF5 file", TomogramError):
            opened = h5py.File(path, "r")
        try:
            with foreign(path, "EMAN2's groups in an HDF5 file", TomogramError):
                return _volume(path, opened, told)
        except BaseException:
            opened.close()
            raise


class Eman2Volume:
    """An image in an HDF5 file; see :class:`cryoal.io.volumes.base.Volume`.

    `rendered` are the factor and the summand that turn stored numbers into EMAN2's.
    """

    level: Level | None = None

    def __init__(
        self,
        path: Path,
        opened: Any,
        image: Any,
        rendered: tuple[float, float] | None,
        voxel_spacing: float,
        notes: Sequence[str],
    ) -> None:
        z, y, x = image.shape
        self.path = path
        self.shape = (int(z), int(y), int(x))
        stored: np.dtype[Any] = np.dtype(image.dtype)
        self.dtype: np.dtype[Any] = np.dtype(np.float32) if rendered else stored.newbyteorder("=")
        self.voxel_spacing = voxel_spacing
        self.notes = tuple(notes)
        self._rendered = rendered
        self._opened = opened
        self._image = image

    def read(self, start_zyx: Sequence[int], stop_zyx: Sequence[int]) -> NDArray[Any]:
        """A copy of the voxels between two corners; see :class:`cryoal.io.volumes.base.Volume`."""
        start, stop = check_box(self.path, self.shape, start_zyx, stop_zyx)
        if self._image is None:
            raise TomogramError(f"expected an open tomogram, found {self.path} closed")
        box = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        with foreign(self.path, "whole chunks", TomogramError):
            voxels = np.asarray(self._image[box])
        if self._rendered is not None:
            factor, summand = self._rendered
            voxels = voxels.astype(np.float64) * factor + summand
        return np.ascontiguousarray(voxels, dtype=self.dtype)

    def close(self) -> None:
        """Close the file."""
        self._image = None
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _volume(path: Path, opened: Any, told: Told) -> Eman2Volume:
    images = opened.get(IMAGES)
    if images is None:
        inside = ", ".join(sorted(opened)[:4]) or "nothing"
        raise TomogramError(f"expected EMAN2's {IMAGES} in HDF5, found {inside} in {path}")
    names = [name for name in images if "image" in images[name]]
    if len(names) != 1:
        raise TomogramError(
            f"expected one volume, found a stack of {len(names)} images in {path}: a tilt series, "
            "or particles?"
        )
    group = images[names[0]]
    image = group["image"]
    if image.file.filename != opened.filename or image.external or image.is_virtual:
        raise TomogramError(f"expected the voxels in {path}, found them in other files")
    if image.ndim != 3 or image.dtype.kind not in "iuf" or max(image.shape) > LARGEST_AXIS:
        raise TomogramError(
            f"expected a volume of real numbers, found {image.dtype} {image.shape} in {path}"
        )
    found = [_number(group.attrs, f"EMAN.apix_{axis}", 0.0) for axis in "zyx"]
    settled, said = settle_spacing(path, found, told.voxel_spacing)
    bits = int(_number(group.attrs, "EMAN.stored_renderbits", 0.0))
    rendered = None
    if bits > 0:
        low = _number(group.attrs, "EMAN.stored_rendermin", 0.0)
        high = _number(group.attrs, "EMAN.stored_rendermax", 0.0)
        if low != high and bits <= 16:
            rendered = ((high - low) / (2**bits - 1), low)
    return Eman2Volume(path, opened, image, rendered, settled, said)


def _number(attributes: Any, name: str, missing: float) -> float:
    return float(np.ravel(attributes[name])[0]) if name in attributes else missing
