"""What an MRC header says: mrcfile's fields, and the guards that it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import mrcfile.dtypes
import mrcfile.utils
import numpy as np

from cryoal.errors import TomogramError
from cryoal.io.volumes.raw import LARGEST_AXIS, Header
from cryoal.io.volumes.tilt_stack import require_no_tilt_stack

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HEADER_BYTES", "is_header", "read_header"]

HEADER_BYTES = 1024
ByteOrder: TypeAlias = Literal["<", ">"]
IMOD_STAMP = 1146047817  # "IMOD" at byte 152; bit 0 of byte 156 then says signed bytes
UNREAD_MODES = {
    3: "complex int16",
    4: "complex float32, a Fourier transform",
    16: "RGB",
    101: "4-bit",
}
MODES = (0, 1, 2, 6, 12, *UNREAD_MODES)


def is_header(head: bytes) -> bool:
    """Whether a file that begins with `head` is MRC: by its name, or by what its fields say.

    Old files have no ``MAP``; theirs is the case where sizes, mode and axes can be.
    """
    if head[208:211] == b"MAP":
        return True
    if len(head) < 76:
        return False
    for byte_order in "<>":
        words = [int(word) for word in np.frombuffer(head[:76], f"{byte_order}i4")]
        if all(0 < size < LARGEST_AXIS for size in words[:3]) and words[3] in MODES:
            return all(0 <= axis <= 3 for axis in words[16:19])
    return False


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
        path, np.frombuffer(head[:HEADER_BYTES], mrcfile.dtypes.HEADER_DTYPE)[0]
    )
    dtype, is_said, said = _voxel_type(path, raw, byte_order)
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
    if raw["nsymbt"] < 0:
        raise TomogramError(
            f"expected an extended header of 0 bytes or more, found {raw['nsymbt']} in {path}"
        )
    require_no_tilt_stack(path, raw)
    order, said = _axis_order(path, raw)
    notes += said + _placement(raw)
    spacing = [
        float(raw["cella"][axis]) / int(raw[f"m{axis}"]) if raw[f"m{axis}"] > 0 else 0.0
        for axis in "zyx"
    ]
    offset = HEADER_BYTES + int(raw["nsymbt"])
    z, y, x = spacing
    return Header(stored, order, dtype, offset, (z, y, x), tuple(notes), is_said)


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
        if int(swapped["mode"]) in MODES:
            break
    else:
        found = int(raw["mode"]) if has_name else "no 'MAP ' and no known mode"
        raise TomogramError(f"expected an MRC file, found {found} in the header of {path}")
    if stamped and byte_order != stamped:
        notes.append(f"machine stamp says byte order {stamped}, the mode says {byte_order}")
    if not has_name:
        notes.append("no 'MAP ' in the header: an old or damaged MRC file")
    return swapped, byte_order, notes


def _voxel_type(
    path: Path, raw: np.void, byte_order: ByteOrder
) -> tuple[np.dtype[Any], bool, list[str]]:
    """What a voxel is, whether the header says so too where it may be signed or not, and notes."""
    mode = int(raw["mode"])
    if mode in UNREAD_MODES:
        raise TomogramError(
            f"expected a volume of real numbers, found mode {mode} ({UNREAD_MODES[mode]}) in {path}"
        )
    dtype = np.dtype(mrcfile.utils.dtype_from_mode(mode)).newbyteorder(byte_order)
    if mode != 0:
        return dtype, True, []
    if (is_signed := _imod_sign(raw["extra2"].tobytes()[152 - 112 : 160 - 112])) is not None:
        kind = np.int8 if is_signed else np.uint8
        return np.dtype(kind), True, [] if is_signed else ["bytes are unsigned (IMOD stamp)"]
    if raw["dmin"] >= 0 and raw["dmax"] > 127:
        said = f"bytes are unsigned: the header's largest value is {raw['dmax']:g}, above 127"
        return np.dtype(np.uint8), True, [said]
    # many programs write 0 for the smallest and largest value, which they have not counted
    return dtype, bool(raw["dmin"] < 0), []


def _imod_sign(stamp: bytes) -> bool | None:
    """Whether bytes are signed, by IMOD's stamp and the flags after it; None without a stamp."""
    for endian in ("little", "big"):
        if int.from_bytes(stamp[:4], endian) == IMOD_STAMP:
            return bool(int.from_bytes(stamp[4:], endian) & 1)
    return None


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
