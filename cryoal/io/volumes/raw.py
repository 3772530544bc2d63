"""Voxels that lie in a file one after the other, read with positioned reads: memory stays flat."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.errors import TomogramError
from cryoal.io.volumes.base import check_box
from cryoal.io.volumes.spacing import settle_spacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from cryoal.io.volumes.base import Level

__all__ = ["LARGEST_AXIS", "Header", "RawVolume"]

LARGEST_AXIS = 1 << 20

N_LOOKED_AT = 8  # sections, and of each at most so many rows and columns in the middle:
N_ROWS = 256
CLEARLY = 0.97  # times as rough: of 4 voxels in 100 on the other side of the fold


@dataclass(frozen=True)
class Header:
    """What a header says, and what was odd about it.

    `stored` is the shape in the file, sections, rows, columns; `order` are the axes of `stored`
    that run along z, y, x; `spacing_zyx` is in angstrom, 0 where the header has none.
    """

    stored: tuple[int, int, int]
    order: tuple[int, int, int]
    dtype: np.dtype[Any]
    offset: int
    spacing_zyx: tuple[float, float, float]
    notes: tuple[str, ...]
    sign_is_said: bool = True
    """False of bytes that may be signed or not."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y, x."""
        z, y, x = (self.stored[axis] for axis in self.order)
        return z, y, x

    @property
    def file_size(self) -> int:
        """Bytes of the file, if nothing is missing and nothing follows."""
        return self.offset + int(np.prod(self.stored, dtype=np.int64)) * self.dtype.itemsize


class RawVolume:
    """A volume as its header describes it; see :class:`cryoal.io.volumes.base.Volume`.

    Parameters
    ----------
    voxel_spacing
        Angstrom, in place of the header's.
    may_follow
        Whether something else than voxels may follow them in the file.

    Raises
    ------
    TomogramError
        The file is shorter than its header says, or there is no voxel spacing.

    Notes
    -----
    Reads are positioned (``preadv``), not mapped: mapped pages count as our memory until they are
    given back, and a file that shrinks under a mapping kills the process.
    """

    level: Level | None = None

    def __init__(
        self,
        path: Path,
        file: FileIO,
        header: Header,
        *,
        voxel_spacing: float | None = None,
        may_follow: bool = False,
    ) -> None:
        self.path = path
        self._file = file
        self._descriptor = file.fileno()
        size = os.fstat(self._descriptor).st_size
        if size < header.file_size:
            z, y, x = header.stored
            raise TomogramError(
                f"expected {header.file_size} bytes for {x} x {y} x {z} {header.dtype.name}, "
                f"found {size}: {path} is truncated"
            )
        notes = list(header.notes)
        if size > header.file_size and not may_follow:
            notes.append(f"{size - header.file_size} bytes after the last voxel are not read")
        self._header = header
        self.shape = header.shape
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

    def settle_bytes(self) -> None:
        """Take bytes for signed or unsigned, whichever makes neighbours more alike.

        Nothing happens where the file says which they are. Values around 128 that are read as
        signed, or around 0 as unsigned, jump by 256 from voxel to voxel.
        """
        if self._header.sign_is_said:
            return
        n_sections, n_rows, n_columns = self._header.stored
        rows, columns = min(n_rows, N_ROWS), min(n_columns, N_ROWS)
        row, column = (n_rows - rows) // 2, (n_columns - columns) // 2
        jumps = np.zeros(2)
        for section in np.linspace(0, n_sections - 1, min(n_sections, N_LOOKED_AT)).astype(int):
            first = (int(section), row, column)
            last = (int(section) + 1, row + rows, column + columns)
            voxels = self._read_stored(first, last)
            for index, dtype in enumerate((np.int8, np.uint8)):
                jumps[index] += np.abs(np.diff(voxels.view(dtype).astype(np.int32))).sum()
        signed, unsigned = jumps
        is_unsigned = self._header.dtype == np.uint8
        if unsigned < CLEARLY * signed:
            is_unsigned = True
        elif signed < CLEARLY * unsigned:
            is_unsigned = False
        elif signed != unsigned:
            self.notes += ("nothing tells whether its bytes are signed: read as the format says",)
        if is_unsigned != (self._header.dtype == np.uint8):
            found = np.dtype(np.uint8 if is_unsigned else np.int8)
            self._header = replace(self._header, dtype=found)
            self.dtype = found
            kind = "unsigned" if is_unsigned else "signed"
            self.notes += (f"bytes are {kind} by the look of neighbours; the header does not say",)

    def _read_stored(self, start: Sequence[int], stop: Sequence[int]) -> NDArray[Any]:
        """The box in the file's own axis order and byte order."""
        _, n_rows, n_columns = self._header.stored
        (s0, r0, c0), (s1, r1, c1) = start, stop
        box = np.empty((s1 - s0, r1 - r0, c1 - c0), self._header.dtype)
        if box.size == 0:
            return box
        if (r0, c0, r1, c1) == (0, 0, n_rows, n_columns):
            self._fill(_bytes_of(box), s0 * n_rows * n_columns)
            return box
        # One read a section, from the first voxel to the last: a few hundred kilobytes.
        span = np.empty((r1 - r0) * n_columns, self._header.dtype)
        n_used = (r1 - r0 - 1) * n_columns + (c1 - c0)
        rows = span.reshape(r1 - r0, n_columns)[:, : c1 - c0]
        used = _bytes_of(span[:n_used])
        for section in range(s0, s1):
            self._fill(used, (section * n_rows + r0) * n_columns + c0)
            box[section - s0] = rows
        return box

    def _fill(self, view: memoryview, first_voxel: int) -> None:
        if self._file.closed:
            raise TomogramError(f"expected an open tomogram, found {self.path} closed")
        position = self._header.offset + first_voxel * self._header.dtype.itemsize
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


def _bytes_of(voxels: NDArray[Any]) -> memoryview:
    """Where voxels that lie one behind the other are in memory."""
    return voxels.reshape(-1).view(np.uint8).data
