"""MRC volumes, read box by box with positioned reads so that memory stays flat."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from cryoal.errors import TomogramError
from cryoal.io.volumes.base import Told, Volume, VolumeFormat, check_box
from cryoal.io.volumes.mrc_header import HEADER_BYTES, is_header, read_header
from cryoal.io.volumes.spacing import settle_spacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

__all__ = ["Mrc", "MrcVolume"]


class Mrc(VolumeFormat):
    """MRC, CCP4 and IMOD's variants, also old ones without ``MAP`` in the header."""

    name = "MRC"
    suffixes = (".mrc", ".rec", ".map", ".st", ".mrcs", ".ali")

    @override
    @staticmethod
    def recognise(path: Path, head: bytes) -> bool:
        return is_header(head)

    @override
    @staticmethod
    def n_bytes(path: Path, head: bytes) -> int:
        return read_header(path, head).file_size

    @override
    @staticmethod
    def open(path: Path, file: FileIO | None, told: Told) -> Volume:
        assert file is not None
        return MrcVolume(path, file, voxel_spacing=told.voxel_spacing)


class MrcVolume:
    """A volume in an MRC file; see :class:`cryoal.io.volumes.base.Volume`.

    Notes
    -----
    Reads are positioned (``preadv``), not mapped: mapped pages count as our memory until they are
    given back, and a file that shrinks under a mapping kills the process.
    """

    def __init__(self, path: Path, file: FileIO, *, voxel_spacing: float | None = None) -> None:
        self.path = path
        self._file = file
        self._descriptor = file.fileno()
        size = os.fstat(self._descriptor).st_size
        self._header = header = read_header(path, os.pread(self._descriptor, HEADER_BYTES, 0))
        if size < header.file_size:
            z, y, x = header.stored
            raise TomogramError(
                f"expected {header.file_size} bytes for {x} x {y} x {z} {header.dtype.name}, "
                f"found {size}: {path} is truncated"
            )
        notes = list(header.notes)
        if size > header.file_size:
            notes.append(f"{size - header.file_size} bytes after the last voxel are not read")
        self.shape = header.shape
        self.level = None
        self.dtype = header.dtype.newbyteorder("=")
        self.voxel_spacing, said = settle_spacing(path, header.spacing_zyx, voxel_spacing)
        self.notes = (*notes, *said)

    def read(self, start_zyx: Sequence[int], stop_zyx: Sequence[int]) -> NDArray[Any]:
        """A copy of the voxels between two corners; see :class:`cryoal.io.volumes.base.Volume`."""
        start, stop = check_box(self.path, self.shape, start_zyx, stop_zyx)
        first, last = [0, 0, 0], [0, 0, 0]
        for here, axis in enumerate(self._header.order):
            first[axis], last[axis] = start[here], stop[here]
        stored = self._read_stored(first, last).transpose(self._header.order)  # (z, y, x)
        return np.ascontiguousarray(stored, dtype=self.dtype)

    def _read_stored(self, start: Sequence[int], stop: Sequence[int]) -> NDArray[Any]:
        """The box in the file's own axis order and byte order."""
        _, n_rows, n_columns = self._header.stored
        (s0, r0, c0), (s1, r1, c1) = start, stop
        box = np.empty((s1 - s0, r1 - r0, c1 - c0), self._header.dtype)
        if box.size == 0:
            return box
        if (r0, c0, r1, c1) == (0, 0, n_rows, n_columns):
            self._fill(box, s0 * n_rows * n_columns)
            return box
        # One read a section, from the first voxel to the last: a few hundred kilobytes.
        span = np.empty((r1 - r0) * n_columns, self._header.dtype)
        n_used = (r1 - r0 - 1) * n_columns + (c1 - c0)
        rows = span.reshape(r1 - r0, n_columns)[:, : c1 - c0]
        for section in range(s0, s1):
            self._fill(span[:n_used], (section * n_rows + r0) * n_columns + c0)
            box[section - s0] = rows
        return box

    def _fill(self, target: NDArray[Any], first_voxel: int) -> None:
        if self._file.closed:
            raise TomogramError(f"expected an open tomogram, found {self.path} closed")
        view = target.reshape(-1).view(np.uint8).data
        position = self._header.offset + first_voxel * target.dtype.itemsize
        while view:
            n_read = os.preadv(self._descriptor, [view], position)
            if n_read == 0:
                raise TomogramError(
                    f"expected {len(view)} more bytes at {position}, found the end: {self.path} "
                    "was cut short while it was being read"
                )
            view = view[n_read:]
            position += n_read

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
