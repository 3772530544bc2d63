"""MRC volumes, read box by box with positioned reads so that memory stays flat.

mrcfile knows the header and the modes; the guards it lacks are here: axis order, IMOD's unsigned
bytes, a cell of zero or unequal sides, truncation.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import mrcfile.dtypes
import mrcfile.utils
import numpy as np

from cryoal.errors import TomogramError
from cryoal.io.volume import check_box, settle_spacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

__all__ = ["Header", "MrcVolume", "read_header"]

HEADER_BYTES = 1024
ByteOrder: TypeAlias = Literal["<", ">"]
IMOD_STAMP = 1146047817  # "IMOD" at byte 152; bit 0 of byte 156 then says signed bytes
LARGEST_AXIS = 1 << 20
UNREAD_MODES = {
    3: "complex int16",
    4: "complex float32, a Fourier transform",
    16: "RGB",
    101: "4-bit",
}


@dataclass(frozen=True)
class Header:
    """What an MRC header says, and what was odd about it.

    `stored` is the shape in the file, sections, rows, columns; `order` are the axes of `stored`
    that run along z, y, x; `spacing_zyx` is in angstrom, 0 where the header has none.
    """

    stored: tuple[int, int, int]
    order: tuple[int, int, int]
    dtype: np.dtype[Any]
    offset: int
    spacing_zyx: tuple[float, float, float]
    notes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y, x."""
        z, y, x = (self.stored[axis] for axis in self.order)
        return z, y, x

    @property
    def file_size(self) -> int:
        """Bytes of the file, if nothing is missing and nothing follows."""
        return self.offset + int(np.prod(self.stored, dtype=np.int64)) * self.dtype.itemsize


class MrcVolume:
    """A volume in an MRC file; see :class:`cryoal.io.volume.Volume`.

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
        self.dtype = header.dtype.newbyteorder("=")
        self.voxel_spacing, said = settle_spacing(path, header.spacing_zyx, voxel_spacing)
        self.notes = (*notes, *said)

    def read(self, start_zyx: Sequence[int], stop_zyx: Sequence[int]) -> NDArray[Any]:
        """A copy of the voxels between two corners; see :class:`cryoal.io.volume.Volume`."""
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


def read_header(path: Path, head: bytes) -> Header:
    """The header in the first 1024 bytes of the MRC file `path`.

    Raises
    ------
    TomogramError
        Not an MRC file, or one that is no single volume of real numbers.
    """
    if len(head) < HEADER_BYTES:
        raise TomogramError(
            f"expected an MRC header of {HEADER_BYTES} bytes, found {len(head)} in {path}"
        )
    raw, byte_order, notes = _in_byte_order(
        path, np.frombuffer(head, mrcfile.dtypes.HEADER_DTYPE)[0]
    )
    dtype, said = _voxel_type(path, raw, byte_order)
    notes += said
    stored = (int(raw["nz"]), int(raw["ny"]), int(raw["nx"]))
    if not all(0 < n < LARGEST_AXIS for n in stored):
        raise TomogramError(f"expected an MRC volume, found size {stored[::-1]} in {path}")
    if stored[0] == 1:
        raise TomogramError(f"expected a volume, found one image of {stored[:0:-1]} in {path}")
    if mrcfile.utils.spacegroup_is_volume_stack(raw["ispg"]) and raw["mz"] != stored[0]:
        raise TomogramError(
            f"expected one volume, found a stack of {stored[0]} sections in volumes of "
            f"{raw['mz']} (ISPG {raw['ispg']}) in {path}"
        )
    if raw["ispg"] == 0 and path.suffix.lower() in (".st", ".mrcs", ".ali"):
        notes.append(f"an image stack by name ({path.suffix}) and header (ISPG 0): a tilt series?")
    if raw["nsymbt"] < 0:
        raise TomogramError(
            f"expected an extended header of 0 bytes or more, found {raw['nsymbt']} in {path}"
        )
    order, said = _axis_order(path, raw)
    notes += said + _placement(raw)
    spacing = [
        float(raw["cella"][axis]) / int(raw[f"m{axis}"]) if raw[f"m{axis}"] > 0 else 0.0
        for axis in "zyx"
    ]
    offset = HEADER_BYTES + int(raw["nsymbt"])
    z, y, x = spacing
    return Header(stored, order, dtype, offset, (z, y, x), tuple(notes))


def _in_byte_order(path: Path, raw: np.void) -> tuple[np.void, ByteOrder, list[str]]:
    """The header in the byte order in which its mode makes sense, which is that of the voxels."""
    notes = []
    has_name = bytes(raw["map"])[:3] == b"MAP"
    try:
        stamped = mrcfile.utils.byte_order_from_machine_stamp(raw["machst"])
    except ValueError:
        stamped = None
        stamp = mrcfile.utils.pretty_machine_stamp(raw["machst"])
        notes.append(f"no valid machine stamp ({stamp}): byte order taken from the mode")
    orders: tuple[ByteOrder, ...] = (">", "<") if stamped == ">" else ("<", ">")
    for byte_order in orders:
        swapped = raw.view(raw.dtype.newbyteorder(byte_order))
        if int(swapped["mode"]) in (0, 1, 2, 6, 12, *UNREAD_MODES):
            break
    else:
        found = int(raw["mode"]) if has_name else "no 'MAP ' and no known mode"
        raise TomogramError(f"expected an MRC file, found {found} in the header of {path}")
    if stamped and byte_order != stamped:
        notes.append(f"machine stamp says byte order {stamped}, the mode says {byte_order}")
    if not has_name:
        notes.append("no 'MAP ' in the header: an old or damaged MRC file")
    return swapped, byte_order, notes


def _voxel_type(path: Path, raw: np.void, byte_order: ByteOrder) -> tuple[np.dtype[Any], list[str]]:
    mode = int(raw["mode"])
    if mode in UNREAD_MODES:
        raise TomogramError(
            f"expected a volume of real numbers, found mode {mode} ({UNREAD_MODES[mode]}) in {path}"
        )
    dtype = np.dtype(mrcfile.utils.dtype_from_mode(mode)).newbyteorder(byte_order)
    if mode != 0:
        return dtype, []
    stamp, flags = raw["extra2"].tobytes()[152 - 112 : 160 - 112], 0  # extra2 begins at byte 112
    for endian in ("little", "big"):
        if int.from_bytes(stamp[:4], endian) == IMOD_STAMP:
            flags = int.from_bytes(stamp[4:], endian)
            if flags & 1 == 0:
                return np.dtype(np.uint8), ["bytes are unsigned (IMOD stamp)"]
            return dtype, []
    if raw["dmin"] >= 0 and raw["dmax"] > 127:
        said = f"bytes are unsigned: the header's largest value is {raw['dmax']:g}, above 127"
        return np.dtype(np.uint8), [said]
    return dtype, []


def _axis_order(path: Path, raw: np.void) -> tuple[tuple[int, int, int], list[str]]:
    """Which of the stored axes (sections 0, rows 1, columns 2) run along z, y and x."""
    stored = [int(raw["maps"]), int(raw["mapr"]), int(raw["mapc"])]  # 1 is x, 3 is z
    if stored == [3, 2, 1]:
        return (0, 1, 2), []
    shown = ", ".join(str(axis) for axis in reversed(stored))
    if stored == [0, 0, 0]:
        return (0, 1, 2), ["axis order MAPC, MAPR, MAPS is 0, 0, 0: taken for 1, 2, 3"]
    if sorted(stored) != [1, 2, 3]:
        raise TomogramError(f"expected MAPC, MAPR, MAPS to be 1, 2, 3, found {shown} in {path}")
    order = (stored.index(3), stored.index(2), stored.index(1))
    return order, [f"axis order MAPC, MAPR, MAPS is {shown}: transposed to z, y, x"]


def _placement(raw: np.void) -> list[str]:
    """Notes on what the header says of where the volume lies, which is not applied."""
    notes = []
    origin = [float(raw["origin"][axis]) for axis in "xyz"]
    start = [int(raw[f"n{axis}start"]) for axis in "xyz"]
    if any(origin):
        shown = ", ".join(f"{value:g}" for value in origin)
        notes.append(f"header origin x, y, z ({shown}) is not applied to coordinates")
    if any(start):
        notes.append(f"header start x, y, z {tuple(start)} is not applied to coordinates")
    angles = [float(raw["cellb"][angle]) for angle in ("alpha", "beta", "gamma")]
    if any(angle not in (0.0, 90.0) for angle in angles):
        notes.append(f"cell angles {tuple(angles)} are not right angles: taken for 90")
    return notes
